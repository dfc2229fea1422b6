# Tables, figures and the page of the suite; at the end the view: copies of them at the top of `results/`, those of the
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
    metrics,
    view,


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
        f"results/{SUITE}/summary.csv",
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
        "collect {output}"
    shell:
        "surp --code {params.code} collect {input.metrics} -o {output} > {log} 2>&1"


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
        code=code_of("stages.breakdown", registry.module("coders", CONFIG.coders[CONFIG.suite.coders[0]].kind)),
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
        code=lambda wc: code_of("stages.figures", registry.module("figures", wc.figure)),
        outputs=lambda wc, output: repeat("-o", output),
        model=CONFIG.suite.models[0],
        dataset=CONFIG.suite.datasets[0],
        seed=CONFIG.suite.seeds[0],
        caption=lambda wc: caption(registry.path("figures", wc.figure)),
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
        code=lambda wc: code_of("stages.tables", registry.module("tables", wc.table)),
        outputs=lambda wc, output: repeat("-o", output),
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
        caption=lambda wc: caption(registry.path("tables", wc.table)),
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
        report(f"results/{SUITE}/report.html", caption="../report/page.rst", category="Page"),
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
        code=code_of("stages.report", *(registry.module("tables", name) for name in registry.names("tables"))),
        figures=lambda wc, input: repeat("--figure", input.figures),
        parameters=shlex.quote(suite_parameters()),
        suite=SUITE,
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
    message:
        "report {output}"
    shell:
        "surp --code {params.code} report"
        " {input.summary} --layers {input.layers} {params.figures} --parameters {params.parameters}"
        " --suite {params.suite} --quantizer {params.quantizer} --coder {params.coder}"
        " -o {output} > {log} 2>&1"


# Means over seeds, and the few of them that DVC shows of every version.
rule metrics:
    input:
        table=f"results/{SUITE}/summary.csv",
    output:
        few=f"results/{SUITE}/metrics.json",
        means=f"results/{SUITE}/means.json",
    log:
        f"results/{SUITE}/metrics.log",
    benchmark:
        f"results/{SUITE}/metrics.tsv"
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.metrics"),
    message:
        "metrics {output.few}"
    shell:
        "surp --code {params.code} metrics {input.table} -o {output.few} --means {output.means} > {log} 2>&1"


# The suite built last, at the top of `results/`. Its inputs are another set of files when the suite is another one or
# has other figures: then this rule runs, and it alone.
rule view:
    input:
        files=view_files(f"results/{SUITE}"),
    output:
        view_files("results"),
    log:
        "results/view.log",
    conda:
        "../envs/surp.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("stages.view"),
        suite=SUITE,
    message:
        "view {params.suite}"
    shell:
        "surp --code {params.code} view results/{params.suite} {input.files} -o results > {log} 2>&1"
