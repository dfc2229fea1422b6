# From weights to one file, back to weights, and what those are worth.


rule quantize:
    input:
        weights=f"{ROUND}/weights.safetensors",
        record=f"{ROUND}/weights.json",
        train=lambda wc: training_images(wc, quantizes_calibrated(wc)),
    output:
        levels=f"{ROUND}/{{quantizer}}/levels.safetensors",
        metrics=f"{ROUND}/{{quantizer}}/levels.json",
    log:
        f"{ROUND}/{{quantizer}}/quantize.log",
    benchmark:
        f"{ROUND}/{{quantizer}}/quantize.tsv"
    group:
        f"files.{PLACE}"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
        gpu=0,
    params:
        code=lambda wc: code_of(*quantize_modules(wc)),
        kind=lambda wc: CONFIG.quantizers[wc.quantizer].kind,
        settings=lambda wc: arguments(CONFIG.quantizers[wc.quantizer].parameters),
        calibration=lambda wc, input, threads, resources: (
            f"{calibration(wc, input, threads, resources)} --seed {wc.seed}" if input.train else ""
        ),
    message:
        "quantize {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}, {wildcards.quantizer}"
    shell:
        "surp --code {params.code} quantize"
        " {input.weights} --quantizer {params.kind} {params.settings} {params.calibration}"
        " --record {input.record} --tag quantizer={wildcards.quantizer}"
        " --metrics {output.metrics} -o {output.levels} > {log} 2>&1"


rule encode:
    input:
        levels=f"{ROUND}/{{quantizer}}/levels.safetensors",
        record=f"{ROUND}/{{quantizer}}/levels.json",
    output:
        file=f"{FILE}/model.surp",
        metrics=f"{FILE}/model.json",
    log:
        f"{FILE}/encode.log",
    benchmark:
        f"{FILE}/encode.tsv"
    group:
        f"files.{PLACE}"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=lambda wc: code_of("stages.encode", registry.module("coders", CONFIG.coders[wc.coder].kind)),
        kind=lambda wc: CONFIG.coders[wc.coder].kind,
        preset=lambda wc: CONFIG.coders[wc.coder].parameters.preset,
        settings=lambda wc: arguments(CONFIG.coders[wc.coder].parameters, "--coder-set", without=["preset"]),
    message:
        "encode {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}, {wildcards.quantizer} {wildcards.coder}"
    shell:
        "surp --code {params.code} encode"
        " {input.levels} --coder {params.kind} --preset {params.preset} {params.settings} --record {input.record}"
        " --tag coder={wildcards.coder} --metrics {output.metrics} -o {output.file} > {log} 2>&1"


rule decode:
    input:
        file=f"{FILE}/model.surp",
    output:
        weights=f"{FILE}/decoded.safetensors",
        metrics=f"{FILE}/decoded.json",
    log:
        f"{FILE}/decode.log",
    benchmark:
        f"{FILE}/decode.tsv"
    group:
        f"files.{PLACE}"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=lambda wc: code_of("stages.decode", registry.module("coders", CONFIG.coders[wc.coder].kind)),
    message:
        "decode {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}, {wildcards.quantizer} {wildcards.coder}"
    shell:
        "surp --code {params.code} decode {input.file} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


# One process for all files of a round: starting torch takes longer than measuring a small network.
rule evaluate:
    input:
        weights=lambda wc: files(f"{FILE}/decoded.safetensors", wc),
        records=lambda wc: files(f"{FILE}/model.json", wc),
        decoded=lambda wc: files(f"{FILE}/decoded.json", wc),
        dense=lambda wc: combine(f"{DENSE}/metrics.json", **wc),
        train=f"{DATA}/train.safetensors",
        test=f"{DATA}/test.safetensors",
    output:
        f"{ROUND}/metrics.json",
    log:
        f"{ROUND}/evaluate.log",
    benchmark:
        f"{ROUND}/evaluate.tsv"
    group:
        f"files.{PLACE}"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=30,
        gpu=0,
    params:
        code=lambda wc: code_of("stages.evaluate", registry.module("models", wc.model)),
        records=lambda wc, input: repeat("--record", input.records),
        decoded=lambda wc, input: repeat("--decoded", input.decoded),
        validation=CONFIG.data.validation,
        device=device,
    message:
        "evaluate {wildcards.dataset} {wildcards.model} seed {wildcards.seed}, {wildcards.method} {wildcards.schedule} round {wildcards.round}"
    shell:
        "surp --code {params.code} evaluate {input.weights} {params.records} {params.decoded} --dense {input.dense}"
        " --model {wildcards.model} --test {input.test} --train {input.train} --seed {wildcards.seed}"
        " --validation {params.validation} --device {params.device} --threads {threads} -o {output} > {log} 2>&1"
