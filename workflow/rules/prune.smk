# Round k: prune the model of the round before, then train the survivors.


rule prune:
    input:
        weights=lambda wc: before(wc, "weights.safetensors"),
        record=lambda wc: before(wc, "weights.json"),
        train=lambda wc: training_images(wc, calibrated(wc)),
    output:
        weights=f"{ROUND}/pruned.safetensors",
        steps=f"{ROUND}/steps.safetensors",
        metrics=f"{ROUND}/pruned.json",
    log:
        f"{ROUND}/prune.log",
    benchmark:
        f"{ROUND}/prune.tsv"
    wildcard_constraints:
        method=one_of(PRUNERS),
    group:
        f"train.{PLACE}"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: attempt * (4000 if calibrated(wc) else 2000),
        runtime=30,
        gpu=0,
    params:
        code=lambda wc: code_of(*prune_modules(wc)),
        kind=lambda wc: CONFIG.methods[wc.method].kind,
        settings=lambda wc: arguments(CONFIG.methods[wc.method].parameters),
        target=prune_target,
        calibration=calibration,
        iterative=lambda wc: "--iterative" if CONFIG.schedules[wc.schedule].kind == "iterative" else "",
        suite=SUITE,
    message:
        "prune {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}"
    shell:
        "surp --code {params.code} prune"
        " {input.weights} --method {params.kind} {params.target} {params.iterative} {params.calibration}"
        " {params.settings} --round {wildcards.round} --seed {wildcards.seed} --record {input.record}"
        " --tag suite={params.suite} --tag method={wildcards.method} --tag schedule={wildcards.schedule}"
        " --steps {output.steps} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


rule finetune:
    input:
        weights=f"{ROUND}/pruned.safetensors",
        record=f"{ROUND}/pruned.json",
        teacher=lambda wc: (combine(f"{DENSE}/weights.safetensors", **wc) if CONFIG.finetune.distillation else []),
        train=f"{DATA}/train.safetensors",
    output:
        weights=f"{ROUND}/weights.safetensors",
        metrics=f"{ROUND}/weights.json",
    log:
        f"{ROUND}/finetune.log",
    benchmark:
        f"{ROUND}/finetune.tsv"
    wildcard_constraints:
        method=one_of(PRUNERS),
    group:
        f"train.{PLACE}"
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.finetune.threads
    resources:
        mem_mb=growing(4000),
        runtime=120,
        gpu=0,
    params:
        code=lambda wc: code_of("stages.finetune", registry.module("models", wc.model)),
        settings=arguments(CONFIG.finetune),
        teacher=lambda wc, input: f"--teacher {input.teacher}" if input.teacher else "",
        validation=CONFIG.data.validation,
        device=device,
    message:
        "finetune {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}"
    shell:
        "surp --code {params.code} finetune {input.weights} --train {input.train} --model {wildcards.model} {params.settings}"
        " {params.teacher} --seed {wildcards.seed} --validation {params.validation} --device {params.device}"
        " --record {input.record} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


# Methods that train sparse networks from scratch, with as many epochs as the others have had by that round.
rule train_sparse:
    input:
        train=f"{DATA}/train.safetensors",
    output:
        weights=f"{ROUND}/weights.safetensors",
        metrics=f"{ROUND}/weights.json",
    log:
        f"{ROUND}/train_sparse.log",
    benchmark:
        f"{ROUND}/train_sparse.tsv"
    wildcard_constraints:
        method=one_of(TRAINERS),
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.recipe.threads
    resources:
        mem_mb=growing(4000),
        runtime=240,
        gpu=0,
    params:
        code=lambda wc: code_of(
            "stages.train_sparse",
            registry.module("methods", CONFIG.methods[wc.method].kind),
            registry.module("models", wc.model),
        ),
        kind=lambda wc: CONFIG.methods[wc.method].kind,
        settings=lambda wc: arguments(CONFIG.methods[wc.method].parameters),
        target=prune_target,
        recipe=lambda wc: arguments(scratch_recipe(wc), "--recipe-set"),
        name=CONFIG.suite.recipe,
        validation=CONFIG.data.validation,
        device=device,
        suite=SUITE,
    message:
        "train sparse {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}"
    shell:
        "surp --code {params.code} train-sparse"
        " {input.train} --model {wildcards.model} --method {params.kind} {params.target}"
        " {params.settings} {params.recipe} --recipe {params.name} --round {wildcards.round} --seed {wildcards.seed}"
        " --validation {params.validation} --device {params.device} --tag suite={params.suite} --tag method={wildcards.method}"
        " --tag schedule={wildcards.schedule} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"
