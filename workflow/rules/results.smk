# Tables, figures and the page. `results/summary.csv`, `results/figures/` and `results/report.html` are those of the
# suite built last. `snakemake --report` takes the outputs marked `report(...)`.


localrules:
    collect_seed,
    collect,
    layers_seed,
    layers,
    breakdown,
    figure,
    tabulate,
    report,


# In two steps, so that no command line grows with the number of files.
rule collect_seed:
    input:
        metrics=lambda wc: rounds(f"{ROUND}/metrics.json", **wc),
    output:
        f"{SEED}/rows.json",
    log:
        f"{SEED}/collect.log",
    benchmark:
        f"{SEED}/collect.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.collect"),
    message:
        "collect {wildcards.dataset} {wildcards.model} seed {wildcards.seed}"
    shell:
        "surp --code {params.code} collect {input.metrics} -o {output} > {log} 2>&1"


rule collect:
    input:
        metrics=combine(f"{SEED}/rows.json"),
    output:
        suite=f"results/{SUITE}/summary.csv",
        latest="results/summary.csv",
    log:
        f"results/{SUITE}/collect.log",
    benchmark:
        f"results/{SUITE}/collect.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.collect"),
    message:
        "collect {output.suite}"
    shell:
        "surp --code {params.code} collect {input.metrics} -o {output.suite} -o {output.latest} > {log} 2>&1"


# What figures and tables ask of the main files beyond their rows: survivors in each tensor.
rule layers_seed:
    input:
        rows=f"{SEED}/rows.json",
        decoded=lambda wc: rounds(f"{FILE}/decoded.safetensors", **wc, **first_pair()),
    output:
        f"{SEED}/layers.json",
    log:
        f"{SEED}/layers.log",
    benchmark:
        f"{SEED}/layers.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.layers"),
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
    message:
        "layers {wildcards.dataset} {wildcards.model} seed {wildcards.seed}"
    shell:
        "surp --code {params.code} layers"
        " {input.rows} --quantizer {params.quantizer} --coder {params.coder} -o {output} > {log} 2>&1"


rule layers:
    input:
        rows=combine(f"{SEED}/layers.json"),
    output:
        f"results/{SUITE}/layers.json",
    log:
        f"results/{SUITE}/layers.log",
    benchmark:
        f"results/{SUITE}/layers.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.collect"),
    message:
        "layers {output}"
    shell:
        "surp --code {params.code} collect {input.rows} -o {output} > {log} 2>&1"


rule breakdown:
    input:
        files=broken_down("model.surp"),
        records=broken_down("model.json"),
    output:
        f"results/{SUITE}/breakdown.json",
    log:
        f"results/{SUITE}/breakdown.log",
    benchmark:
        f"results/{SUITE}/breakdown.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_of("stages.breakdown", f"codec.{CONFIG.coders[CONFIG.suite.coders[0]].kind}"),
        records=lambda wc, input: repeat("--record", input.records),
    message:
        "breakdown {output}"
    shell:
        "surp --code {params.code} breakdown {input.files} {params.records} -o {output} > {log} 2>&1"


rule figure:
    input:
        data=lambda wc: figure_source(wc.figure),
    output:
        svg=report(
            f"results/{SUITE}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        png=f"results/{SUITE}/figures/{{figure}}.png",
        latest=expand("results/figures/{{figure}}.{ending}", ending=["svg", "png"]),
    log:
        f"results/{SUITE}/figures/{{figure}}.log",
    benchmark:
        f"results/{SUITE}/figures/{{figure}}.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=lambda wc: code_of("stages.figures", f"figures.{wc.figure}"),
        outputs=lambda wc, output: repeat("-o", output),
        model=CONFIG.suite.models[0],
        dataset=CONFIG.suite.datasets[0],
        seed=CONFIG.suite.seeds[0],
        caption=lambda wc: caption(f"surp.figures.{wc.figure}"),
    message:
        "figure {wildcards.figure}"
    shell:
        "surp --code {params.code} figures {wildcards.figure} {input.data} {params.outputs} --model {params.model}"
        " --dataset {params.dataset} --seed {params.seed} > {log} 2>&1"


rule tabulate:
    input:
        summary=f"results/{SUITE}/summary.csv",
        layers=f"results/{SUITE}/layers.json",
    output:
        csv=report(
            f"results/{SUITE}/tables/{{table}}.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        others=expand(f"results/{SUITE}/tables/{{{{table}}}}.{{ending}}", ending=["md", "html"]),
    log:
        f"results/{SUITE}/tables/{{table}}.log",
    benchmark:
        f"results/{SUITE}/tables/{{table}}.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=lambda wc: code_of("stages.tables", f"tables.{wc.table}"),
        outputs=lambda wc, output: repeat("-o", output),
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
        caption=lambda wc: caption(f"surp.tables.{wc.table}"),
    message:
        "table {wildcards.table}"
    shell:
        "surp --code {params.code} tables"
        " {wildcards.table} --summary {input.summary} --layers {input.layers} {params.outputs}"
        " --quantizer {params.quantizer} --coder {params.coder} > {log} 2>&1"


rule report:
    input:
        summary=f"results/{SUITE}/summary.csv",
        layers=f"results/{SUITE}/layers.json",
        figures=[path for path in figure_files() if path.endswith(".svg")],
    output:
        suite=report(f"results/{SUITE}/report.html", caption="../report/page.rst", category="Page"),
        latest="results/report.html",
    log:
        f"results/{SUITE}/report.log",
    benchmark:
        f"results/{SUITE}/report.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_of("stages.report", *(f"tables.{name}" for name in registry.names("tables"))),
        figures=lambda wc, input: repeat("--figure", input.figures),
        parameters=shlex.quote(suite_parameters()),
        suite=SUITE,
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
    message:
        "report {output.suite}"
    shell:
        "surp --code {params.code} report"
        " {input.summary} --layers {input.layers} {params.figures} --parameters {params.parameters}"
        " --suite {params.suite} --quantizer {params.quantizer} --coder {params.coder}"
        " -o {output.suite} -o {output.latest} > {log} 2>&1"
