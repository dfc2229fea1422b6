# From weights to one file, back to weights, and what those are worth.


rule quantize:
    input:
        weights=PATHS.weights,
        record=PATHS.weights_record,
        train=INPUTS.images_for_quantizing,
    output:
        levels=PATHS.levels,
        metrics=PATHS.levels_record,
    log:
        f"{PATHS.levels_folder}/quantize.log",
    benchmark:
        f"{PATHS.levels_folder}/quantize.tsv"
    group:
        f"files.{GROUP}"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["quantize"],
    params:
        code=CODE.of_quantize,
        kind=ARGUMENTS.kind("quantizer"),
        settings=ARGUMENTS.settings("quantizer"),
        calibration=ARGUMENTS.seeded_calibration,
    message:
        f"quantize {ROUND}, {{wildcards.quantizer}}"
    shell:
        "surp --code {params.code} quantize"
        " {input.weights} --quantizer {params.kind} {params.settings} {params.calibration}"
        " --record {input.record} --tag quantizer={wildcards.quantizer}"
        " --metrics {output.metrics} -o {output.levels} > {log} 2>&1"


rule encode:
    input:
        levels=PATHS.levels,
        record=PATHS.levels_record,
    output:
        file=PATHS.file,
        metrics=PATHS.file_record,
    log:
        f"{PATHS.file_folder}/encode.log",
    benchmark:
        f"{PATHS.file_folder}/encode.tsv"
    group:
        f"files.{GROUP}"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["encode"],
    params:
        code=CODE.of("encode", "coder"),
        kind=ARGUMENTS.kind("coder"),
        preset=ARGUMENTS.preset,
        settings=ARGUMENTS.settings("coder", "--coder-set", without=["preset"]),
    message:
        f"encode {ROUND}, {{wildcards.quantizer}} {{wildcards.coder}}"
    shell:
        "surp --code {params.code} encode"
        " {input.levels} --coder {params.kind} --preset {params.preset} {params.settings} --record {input.record}"
        " --tag coder={wildcards.coder} --metrics {output.metrics} -o {output.file} > {log} 2>&1"


rule decode:
    input:
        file=PATHS.file,
    output:
        weights=PATHS.decoded,
        metrics=PATHS.decoded_record,
    log:
        f"{PATHS.file_folder}/decode.log",
    benchmark:
        f"{PATHS.file_folder}/decode.tsv"
    group:
        f"files.{GROUP}"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["decode"],
    params:
        code=CODE.of("decode", "coder"),
    message:
        f"decode {ROUND}, {{wildcards.quantizer}} {{wildcards.coder}}"
    shell:
        "surp --code {params.code} decode {input.file} --metrics {output.metrics} -o {output.weights} > {log} 2>&1"


# One process for all files of a round: starting torch takes longer than measuring a small network.
rule evaluate:
    input:
        weights=INPUTS.of_round(PATHS.decoded),
        records=INPUTS.of_round(PATHS.file_record),
        decoded=INPUTS.of_round(PATHS.decoded_record),
        dense=PATHS.dense_metrics,
        train=PATHS.train,
        test=PATHS.test,
    output:
        PATHS.round_metrics,
    log:
        f"{PATHS.round_folder}/evaluate.log",
    benchmark:
        f"{PATHS.round_folder}/evaluate.tsv"
    group:
        f"files.{GROUP}"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["evaluate"],
    params:
        code=CODE.of("evaluate", "model"),
        records=lambda wc, input: arguments.repeat("--record", input.records),
        decoded=lambda wc, input: arguments.repeat("--decoded", input.decoded),
        validation=CONFIG.data.validation,
        device=arguments.computes_on,
    message:
        f"evaluate {ROUND}"
    shell:
        "surp --code {params.code} evaluate {input.weights} {params.records} {params.decoded} --dense {input.dense}"
        " --model {wildcards.model} --test {input.test} --train {input.train} --seed {wildcards.seed}"
        " --validation {params.validation} --device {params.device} --threads {threads} -o {output} > {log} 2>&1"
