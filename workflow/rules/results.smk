# Figures, tables and the page of the suite; at the end the view: copies of them at the top of `results/`, those of the
# suite built last. `snakemake --report` takes the outputs marked `report(...)`.


localrules:
    figure,
    tabulate,
    report,
    view,


rule figure:
    input:
        data=lambda wc: SHOWN.data_of(wc.figure),
    output:
        svg=report(
            f"{PATHS.figure}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        png=f"{PATHS.figure}.png",
    log:
        f"{PATHS.figure}.log",
    benchmark:
        f"{PATHS.figure}.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["figure"],
    params:
        code=CODE.of("figures", "figure"),
        outputs=lambda wc, output: arguments.repeat("-o", output),
        model=CONFIG.suite.models[0],
        dataset=CONFIG.suite.datasets[0],
        seed=CONFIG.suite.seeds[0],
        caption=lambda wc: registry.headline("figures", wc.figure),
    message:
        "figure {wildcards.figure}"
    shell:
        "surp --code {params.code} figures {wildcards.figure} {input.data} {params.outputs} --model {params.model}"
        " --dataset {params.dataset} --seed {params.seed} > {log} 2>&1"


rule tabulate:
    input:
        summary=PATHS.summary,
        layers=PATHS.layers,
    output:
        csv=report(
            f"{PATHS.table}.csv",
            caption="../report/table.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        others=[f"{PATHS.table}.md", f"{PATHS.table}.html"],
    log:
        f"{PATHS.table}.log",
    benchmark:
        f"{PATHS.table}.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["tabulate"],
    params:
        code=CODE.of("tables", "table"),
        outputs=lambda wc, output: arguments.repeat("-o", output),
        quantizer=CONFIG.suite.quantizers[0],
        coder=CONFIG.suite.coders[0],
        caption=lambda wc: registry.headline("tables", wc.table),
    message:
        "table {wildcards.table}"
    shell:
        "surp --code {params.code} tables"
        " {wildcards.table} --summary {input.summary} --layers {input.layers} {params.outputs}"
        " --quantizer {params.quantizer} --coder {params.coder} > {log} 2>&1"


rule report:
    input:
        summary=PATHS.summary,
        layers=PATHS.layers,
        figures=expand(f"{PATHS.figure}.svg", figure=SHOWN.figures),
    output:
        report(PATHS.page, caption="../report/page.rst", category="Page"),
    log:
        f"{PATHS.suite_folder}/report.log",
    benchmark:
        f"{PATHS.suite_folder}/report.tsv"
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["report"],
    params:
        code=CODE.of_report(),
        figures=lambda wc, input: arguments.repeat("--figure", input.figures),
        parameters=arguments.of_suite(RUN.parameters, SUITE),
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


# The suite built last, at the top of `results/`. Its inputs are another set of files when the suite is another one or
# has other figures: then this rule runs, and it alone.
rule view:
    input:
        files=PATHS.shown(SHOWN.figures, PATHS.suite_folder),
    output:
        PATHS.shown(SHOWN.figures),
    log:
        "results/view.log",
    conda:
        "../envs/surp.yaml"
    resources:
        **RESOURCES["view"],
    params:
        code=CODE.of("view"),
        suite=SUITE,
    message:
        "view {params.suite}"
    shell:
        "surp --code {params.code} view results/{params.suite} {input.files} -o results > {log} 2>&1"
