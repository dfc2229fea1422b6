"""What the workflow needs of a SLURM cluster: the profile's values, what the cluster says of itself, and the checks."""
