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
        FILES.of_networks(*rules.data.output),
    message:
        "data sets: complete"


rule dense:
    input:
        FILES.of_networks(*rules.pretrain.output, *rules.evaluate_dense.output),
    message:
        "dense networks: complete"


rule compressed:
    input:
        FILES.of_rounds(*rules.prune.output, *rules.finetune.output, method=CONFIG.pruners),
        FILES.of_rounds(*rules.train_sparse.output, method=CONFIG.trainers),
        FILES.of_rounds(*rules.quantize.output, *rules.encode.output, *rules.decode.output, *rules.evaluate.output),
        FILES.of_networks(*rules.collect_seed.output, *rules.collect.output, *rules.metrics.output),
    message:
        "compressed files and tables: complete"


rule shown:
    input:
        expand(rules.figure.output, figure=SHOWN.figures),
        expand(rules.tabulate.output, table=registry.names("tables")),
        rules.report.output,
        rules.compressed.input,
    message:
        "figures and all files of the suite: complete"


rule complete:
    input:
        rules.dense.input,
        FILES.of_rounds(*rules.encode.output),
        FILES.of_networks(*rules.collect_seed.output, *rules.collect.output, *rules.metrics.output),
        expand(rules.figure.output, figure=SHOWN.figures),
        expand(rules.tabulate.output, table=registry.names("tables")),
        rules.report.output,
    message:
        "suite: complete"
