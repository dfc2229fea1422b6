"""The page of a suite: one file of HTML with everything in it, which asks for nothing else."""
