"""How each file was made, and by which code.

`sources` and `syntax` say what the code of a stage does, `planned_code` holds a job to the code that it was planned
with, `runs` records who runs the workflow, `builds` carries Snakemake's records to a clone.
"""
