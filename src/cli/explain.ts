// switchyard explain: the plan for a request, calling nobody.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { readOptions } from '../core/options.ts';
import { asString, isObject, parseJson } from '../lib/json.ts';
import { plan } from '../routing/plan.ts';
import { exitWith, settingsArgs, settingsOrExit } from './settings.ts';
import { snapshotFor } from './snapshot-for.ts';

export const explain = defineCommand({
  meta: {
    name: 'explain',
    description: 'Print which models a request would be tried on, and why; calls nobody.',
  },
  args: {
    ...settingsArgs,
    file: {
      type: 'positional',
      description: 'a JSON request body ("-" reads stdin)',
      required: true,
    },
  },
  async run({ args }) {
    const settings = await settingsOrExit(args);
    const source = args.file === '-' ? Bun.stdin : Bun.file(args.file);
    if (args.file !== '-' && !(await Bun.file(args.file).exists()))
      exitWith([`There is no file ${args.file}.`]);
    const body = parseJson(await source.text());
    const model = isObject(body) ? asString(body.model) : undefined;
    if (!isObject(body) || model === undefined)
      exitWith([`${args.file} is not a JSON request with a "model".`]);
    const snapshot = await snapshotFor(settings);
    try {
      const planned = plan({ model, options: readOptions(body), allows: () => true }, snapshot);
      const attempts = planned.candidates.map((candidate) => ({
        model: candidate.id,
        provider: candidate.configured.provider.id,
      }));
      const { routerId: router_id, routeId: route_id, variantId: variant_id, why } = planned;
      process.stdout.write(
        `${JSON.stringify({ router_id, route_id, variant_id, attempts, why }, null, 2)}\n`,
      );
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([`${thrown.code}: ${thrown.message}`]);
      throw thrown;
    }
  },
});
