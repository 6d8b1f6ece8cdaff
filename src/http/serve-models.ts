// GET /v1/models and its relatives.
import type { ChatDialect } from '../core/dialect.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import { allows } from '../core/key.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { callersSnapshot } from '../gateway/own-keys.ts';
import { didYouMean } from '../lib/near.ts';
import { authenticate } from '../limits/keys/authenticate.ts';
import {
  anthropicModel,
  inworldModel,
  listedModels,
  listedRouters,
  openAiModel,
} from './models.ts';
import { errorReply } from './respond.ts';

export type ModelListShape = 'openai' | 'anthropic' | 'inworld';

/** The list a key may see, or one model of it when `id` is given. Errors go out in `dialect`. */
export function serveModels(
  shape: ModelListShape,
  dialect: ChatDialect,
  request: Request,
  gateway: Gateway,
  id: string | null,
): Response {
  try {
    const key = authenticate(request.headers, gateway.keys);
    const snapshot = callersSnapshot(gateway, key, request.headers);
    const models = listedModels(snapshot).filter((entry) => allows(key, entry.id));
    // Inworld's list is a catalogue: it has no routers.
    const routers = shape === 'inworld' ? [] : listedRouters(snapshot);
    const named = [
      ...models,
      // Whom `auto` chooses of its models a key may use: it need not be allowed by name.
      ...routers.filter(
        ({ id: name }) => allows(key, name) || (name === 'auto' && models.length > 0),
      ),
    ];
    if (id === null) return Response.json(list(shape, named));
    const found =
      named.find((entry) => entry.id === id) ?? models.find((entry) => entry.model === id);
    if (!found) {
      const names = named.map((entry) => entry.id);
      throw new GatewayError(
        'model_not_found',
        `There is no model "${id}" here.${didYouMean(id, names)}`,
        { param: 'model' },
      );
    }
    return Response.json(shape === 'anthropic' ? anthropicModel(found) : openAiModel(found));
  } catch (thrown) {
    return errorReply(dialect, toGatewayError(thrown), null);
  }
}

function list(shape: ModelListShape, models: ReturnType<typeof listedModels>): object {
  switch (shape) {
    case 'openai':
      return { object: 'list', data: models.map(openAiModel) };
    case 'anthropic':
      return {
        data: models.map(anthropicModel),
        has_more: false,
        first_id: models[0]?.id ?? null,
        last_id: models.at(-1)?.id ?? null,
      };
    case 'inworld':
      return { models: models.map(inworldModel) };
  }
}
