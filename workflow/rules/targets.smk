# Targets by name, coarser than files (`snakemake compressed`). Each asks for every file of its stage, not only for the
# last ones: a file that somebody deleted is made again. `complete`, which `all` and DVC ask for, leaves out what lies
# between the dense networks and the `.surp` files: a clone that pulled has no such files and needs none.


localrules:
    data_sets,
    dense,
    compressed,
    shown,
    complete,


rule data_sets:
    input:
        every(combine, "data"),
    message:
        "data sets: complete"


rule dense:
    input:
        every(combine, "pretrain", "evaluate_dense"),
    message:
        "dense networks: complete"


rule compressed:
    input:
        every(rounds, "prune", "finetune", method=PRUNERS),
        every(rounds, "train_sparse", method=TRAINERS),
        every(rounds, "quantize", "encode", "decode", "evaluate"),
        every(combine, "collect_seed", "collect", "metrics"),
    message:
        "compressed files and tables: complete"


rule shown:
    input:
        every(combine, "figure", figure=figure_names()),
        every(combine, "tabulate", table=registry.names("tables")),
        every(combine, "report"),
        rules.compressed.input,
    message:
        "figures and all files of the suite: complete"


rule complete:
    input:
        every(combine, "pretrain", "evaluate_dense"),
        every(rounds, "encode"),
        every(combine, "collect_seed", "collect", "metrics"),
        every(combine, "figure", figure=figure_names()),
        every(combine, "tabulate", table=registry.names("tables")),
        every(combine, "report"),
    message:
        "suite: complete"
