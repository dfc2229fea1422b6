# Round k: prune the model of the round before, then train the survivors.


rule prune:
    input:
        weights=INPUTS.before(PATHS.dense_weights, PATHS.weights),
        record=INPUTS.before(PATHS.dense_record, PATHS.weights_record),
        train=INPUTS.images_for_pruning,
    output:
        weights=PATHS.pruned,
        steps=PATHS.steps,
        metrics=PATHS.pruned_record,
    log:
        f"{PATHS.round_folder}/prune.log",
    benchmark:
        f"{PATHS.round_folder}/prune.tsv"
    wildcard_constraints:
        method=one_of(CONFIG.pruners),
    group:
        f"train.{GROUP}"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["prune"],
    params:
        code=CODE.of_prune,
        kind=ARGUMENTS.kind("method"),
        settings=ARGUMENTS.settings("method"),
        target=ARGUMENTS.target,
        calibration=ARGUMENTS.calibration,
        iterative=ARGUMENTS.iterative,
        suite=SUITE,
    message:
        f"prune {ROUND}"
    shell:
        "surp --code {params.code} prune"
        " {input.weights} --method {params.kind} {params.target} {params.iterative} {params.calibration}"
        " {params.settings} --round {wildcards.round} --seed {wildcards.seed} --record {input.record}"
        " --tag suite={params.suite} --tag method={wildcards.method} --tag schedule={wildcards.schedule}"
        " --steps {output.steps} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


rule finetune:
    input:
        weights=PATHS.pruned,
        record=PATHS.pruned_record,
        teacher=PATHS.dense_weights if CONFIG.finetune.distillation else [],
        train=PATHS.train,
    output:
        weights=PATHS.weights,
        metrics=PATHS.weights_record,
    log:
        f"{PATHS.round_folder}/finetune.log",
    benchmark:
        f"{PATHS.round_folder}/finetune.tsv"
    wildcard_constraints:
        method=one_of(CONFIG.pruners),
    group:
        f"train.{GROUP}"
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.finetune.threads
    resources:
        **RESOURCES["finetune"],
    params:
        code=CODE.of("finetune", "model"),
        settings=arguments.as_options(CONFIG.finetune),
        teacher=ARGUMENTS.teacher,
        validation=CONFIG.data.validation,
        device=arguments.computes_on,
    message:
        f"finetune {ROUND}"
    shell:
        "surp --code {params.code} finetune {input.weights} --train {input.train} --model {wildcards.model} {params.settings}"
        " {params.teacher} --seed {wildcards.seed} --validation {params.validation} --device {params.device}"
        " --record {input.record} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


# Methods that train sparse networks from scratch, with as many epochs as the others have had by that round.
rule train_sparse:
    input:
        train=PATHS.train,
    output:
        weights=PATHS.weights,
        metrics=PATHS.weights_record,
    log:
        f"{PATHS.round_folder}/train_sparse.log",
    benchmark:
        f"{PATHS.round_folder}/train_sparse.tsv"
    wildcard_constraints:
        method=one_of(CONFIG.trainers),
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.recipe.threads
    resources:
        **RESOURCES["train_sparse"],
    params:
        code=CODE.of("train_sparse", "method", "model"),
        kind=ARGUMENTS.kind("method"),
        settings=ARGUMENTS.settings("method"),
        target=ARGUMENTS.target,
        recipe=ARGUMENTS.recipe_from_scratch,
        name=CONFIG.suite.recipe,
        validation=CONFIG.data.validation,
        device=arguments.computes_on,
        suite=SUITE,
    message:
        f"train sparse {ROUND}"
    shell:
        "surp --code {params.code} train-sparse"
        " {input.train} --model {wildcards.model} --method {params.kind} {params.target}"
        " {params.settings} {params.recipe} --recipe {params.name} --round {wildcards.round} --seed {wildcards.seed}"
        " --validation {params.validation} --device {params.device} --tag suite={params.suite} --tag method={wildcards.method}"
        " --tag schedule={wildcards.schedule} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"
