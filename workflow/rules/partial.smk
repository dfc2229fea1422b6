# A table of what is there, while some networks have failed or are not yet done: `snakemake partial`. No rule builds
# on it, and it builds nothing.
from surp.summary.partial import write_partial


localrules:
    partial,


rule partial:
    log:
        f"results/{SUITE}/partial.log",
    params:
        table=f"results/{SUITE}/partial.csv",
        missing=f"results/{SUITE}/missing.csv",
    message:
        "partial table {params.table}"
    run:
        print(write_partial(expected_rows(), *map(Path, (params.table, params.missing, log[0]))))


onerror:
    print("a table of what is there, and a list of what is missing: snakemake partial", file=sys.stderr)
