# A table of what is there, while some networks have failed or are not yet done: `snakemake partial`. No rule builds
# on it, and it builds nothing.
from surp.summary.partial import write_partial


localrules:
    partial,


rule partial:
    log:
        f"{PATHS.suite_folder}/partial.log",
    params:
        table=PATHS.partial_summary,
        missing=PATHS.missing,
    message:
        "partial table {params.table}"
    run:
        print(write_partial(FILES.rows(), *map(Path, (params.table, params.missing, log[0]))))
