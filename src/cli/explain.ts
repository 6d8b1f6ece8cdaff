// switchyard explain: the plan for a request, calling nobody.
import { defineCommand } from 'citty';
import { GatewayError } from '../core/errors.ts';
import { EVERY_ACCESS } from '../core/key.ts';
import { explain as explained } from '../gateway/explain.ts';
import { asString, isObject, parseJson } from '../lib/json.ts';
import { printableJson } from './printable.ts';
import { exitWith, needsData, settingsArgs, settingsOrExit } from './settings.ts';
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
    needsData(args, settings);
    const source = args.file === '-' ? Bun.stdin : Bun.file(args.file);
    if (args.file !== '-' && !(await Bun.file(args.file).exists()))
      exitWith([`There is no file ${args.file}.`]);
    const body = parseJson(await source.text());
    const model = isObject(body) ? asString(body.model) : undefined;
    if (!isObject(body) || model === undefined)
      exitWith([`${args.file} is not a JSON request with a "model".`]);
    const snapshot = await snapshotFor(settings);
    try {
      const asked = { body, headers: new Headers(), key: EVERY_ACCESS, id: Bun.randomUUIDv7() };
      // Nobody's health is known here: all are taken to be well.
      const explanation = await explained(asked, snapshot, {});
      process.stdout.write(`${printableJson(explanation, 2)}\n`);
    } catch (thrown) {
      if (thrown instanceof GatewayError) exitWith([`${thrown.code}: ${thrown.message}`]);
      throw thrown;
    }
  },
});
