"""What the Snakefile asks: the checked parameters (`config`), and what they mean for each rule.

`paths` names every file, `suite_files` spells a suite out, `inputs`, `arguments`, `code` and `resources` give what of a
rule depends on parameters, `shown` the figures, `shell` what stands before commands, `engine` what is asked of
Snakemake itself. Of the stages only `surp doctor` imports this package.
"""
