# Round k: prune the model of the round before, then train the survivors.


rule prune:
    input:
        weights=lambda wc: before(wc, "weights.safetensors"),
        record=lambda wc: before(wc, "weights.json"),
        train=lambda wc: f"{DATA}/train.safetensors".format(**wc) if calibrated(wc) else [],
        source=lambda wc: sources(*prune_modules(wc)),
    output:
        weights=f"{ROUND}/pruned.safetensors",
        steps=f"{ROUND}/steps.safetensors",
        metrics=f"{ROUND}/pruned.json",
    log:
        f"{ROUND}/prune.log",
    benchmark:
        f"{ROUND}/prune.tsv"
    group:
        "round{round}"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: attempt * (4000 if calibrated(wc) else 2000),
        runtime=growing(30),
    params:
        kind=lambda wc: CONFIG.methods[wc.method].kind,
        settings=lambda wc: arguments(CONFIG.methods[wc.method].parameters),
        target=prune_target,
        calibration=lambda wc, input, threads: (
            f"--train {input.train} --model {wc.model} --validation {CONFIG.data.validation} --threads {threads}"
            if calibrated(wc)
            else ""
        ),
        iterative=lambda wc: "--iterative" if CONFIG.schedules[wc.schedule].kind == "iterative" else "",
        suite=SUITE,
    message:
        "prune {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}"
    shell:
        "surp prune {input.weights} --method {params.kind} {params.target} {params.iterative} {params.calibration}"
        " {params.settings} --round {wildcards.round} --seed {wildcards.seed} --record {input.record}"
        " --tag suite={params.suite} --tag method={wildcards.method} --tag schedule={wildcards.schedule}"
        " --steps {output.steps} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


rule finetune:
    input:
        weights=f"{ROUND}/pruned.safetensors",
        record=f"{ROUND}/pruned.json",
        teacher=lambda wc: (combine(f"{DENSE}/weights.safetensors", **wc) if CONFIG.finetune.distillation else []),
        train=f"{DATA}/train.safetensors",
        source=lambda wc: sources("surp.stages.finetune", f"surp.models.{wc.model}"),
    output:
        weights=f"{ROUND}/weights.safetensors",
        metrics=f"{ROUND}/weights.json",
    log:
        f"{ROUND}/finetune.log",
    benchmark:
        f"{ROUND}/finetune.tsv"
    group:
        "round{round}"
    conda:
        "../envs/surp.yaml"
    threads: CONFIG.finetune.threads
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        settings=arguments(CONFIG.finetune),
        teacher=lambda wc, input: f"--teacher {input.teacher}" if input.teacher else "",
        validation=CONFIG.data.validation,
    message:
        "finetune {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}"
    shell:
        "surp finetune {input.weights} --train {input.train} --model {wildcards.model} {params.settings}"
        " {params.teacher} --seed {wildcards.seed} --validation {params.validation}"
        " --record {input.record} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"
