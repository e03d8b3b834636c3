// What cdk-nag reports of the templates of a cloud assembly, as JSON: `check.cjs VERSION ASSEMBLY EMPTY-FOLDER`. Each item is a
// rule, the logical ID of a resource, and whether the template suppresses it, which version 3 does not read.
const { readFileSync, readdirSync } = require('node:fs')
const { basename, join } = require('node:path')
const { App, Aspects, Stack, Validations } = require('aws-cdk-lib')
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include')

const [version, assembly, out] = process.argv.slice(2)
const app = new App({ outdir: out })
const end = '.template.json'
for (const file of readdirSync(assembly).filter((file) => file.endsWith(end))) {
  new CfnInclude(new Stack(app, basename(file, end)), 'Template', { templateFile: join(assembly, file) })
}
const read = (file) => JSON.parse(readFileSync(join(out, file), 'utf8'))
const id = (path) => path.split('/').pop()
let found
if (version === '3') {
  const { AwsSolutionsChecks } = require('cdk-nag')
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  try {
    app.synth()
  } catch (error) {
    // What is reported fails the synthesis, and stands in a file.
    if (!String(error).startsWith('ValidationFailed')) throw error
  }
  found = read('validation-report.json').pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => [ruleName.split('[')[0], id(constructPath), false]),
    ),
  )
} else {
  const { AwsSolutionsChecks } = require('cdk-nag-2')
  Aspects.of(app).add(new AwsSolutionsChecks({ reports: true, reportFormats: ['json'] }))
  app.synth()
  const reports = readdirSync(out).filter((file) => file.endsWith('NagReport.json'))
  found = reports.flatMap((file) =>
    read(file)
      .lines.filter(({ compliance }) => compliance !== 'Compliant')
      .map(({ ruleId, resourceId, compliance }) => [ruleId, id(resourceId), compliance === 'Suppressed']),
  )
}
process.stdout.write(JSON.stringify(found))
