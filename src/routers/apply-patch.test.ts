// What a PATCH changes: the fields of its body, or those its mask names, and nothing else.
import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../core/errors.ts';
import type { JsonObject } from '../lib/json.ts';
import { applyPatch } from './apply-patch.ts';

const route = {
  route_id: 'default',
  variants: [{ variant: { variant_id: 'v', model_id: 'a/b' }, weight: 100 }],
};
const CURRENT: JsonObject = {
  name: 'routers/r',
  displayName: 'R',
  defaults: { text_generation_config: { max_tokens: 5 }, message_templates: [] },
  defaultRoute: route,
  commands: { code: 'v' },
};

describe('without a mask', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['nothing', {}, {}],
    ['one field', { display_name: 'S' }, { displayName: 'S' }],
    [
      'an object, whole',
      { defaults: { cache: { mode: 'off' } } },
      { defaults: { cache: { mode: 'off' } } },
    ],
    ['what was not there', { routes: [] }, { routes: [] }],
    ['what the API adds', { etag: 'v9', version: 9, origin: 'x', updateTime: 'y' }, {}],
  ])('%s', (_name, body, changed) => {
    expect(applyPatch(CURRENT, body, null)).toEqual({ ...CURRENT, ...changed });
  });

  test('null clears', () => {
    const { commands: _, ...others } = CURRENT;
    expect(applyPatch(CURRENT, { commands: null, displayName: 'S' }, null)).toEqual({
      ...others,
      displayName: 'S',
    });
  });
});

describe('with a mask', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['displayName', { displayName: 'S', defaultRoute: {} }, { displayName: 'S' }],
    [
      'display_name,default_route',
      { displayName: 'S', default_route: route },
      { displayName: 'S' },
    ],
    [
      'defaults.message_templates',
      { defaults: { messageTemplates: [{ role: 'system', content: 'x' }] } },
      {
        defaults: {
          text_generation_config: { max_tokens: 5 },
          message_templates: [{ role: 'system', content: 'x' }],
        },
      },
    ],
    [
      'defaults.textGenerationConfig.max_new_tokens, displayName',
      { displayName: 'S' },
      {
        displayName: 'S',
        defaults: { text_generation_config: {}, message_templates: [] },
      },
    ],
    [
      'defaults.web_search.max_results',
      { defaults: { web_search: { max_results: 2 } } },
      {
        defaults: {
          text_generation_config: { max_tokens: 5 },
          message_templates: [],
          web_search: { max_results: 2 },
        },
      },
    ],
    ['commands.review', { commands: { review: 'v' } }, { commands: { code: 'v', review: 'v' } }],
    ['commands.code', {}, { commands: {} }],
    [
      'defaultRoute.route_id',
      { defaultRoute: { route_id: 'x' } },
      { defaultRoute: { ...route, route_id: 'x' } },
    ],
    ['name', {}, {}],
    ['etag,update_time', { displayName: 'S' }, {}],
  ])('%s', (mask, body, changed) => {
    expect(applyPatch(CURRENT, body, mask)).toEqual({ ...CURRENT, ...changed });
  });

  test('what it names and the body does not have is cleared', () => {
    const { displayName: _, commands: __, ...others } = CURRENT;
    expect(applyPatch(CURRENT, {}, 'display_name,commands')).toEqual(others);
    expect(applyPatch(others, {}, 'displayName,commands.code')).toEqual(others);
  });

  test('* takes the place of everything but the name', () => {
    expect(applyPatch({ ...CURRENT, old: 1 }, { defaultRoute: route }, '*')).toEqual({
      name: 'routers/r',
      defaultRoute: route,
    });
  });

  test.each([
    [
      'displayNam',
      'update_mask: "displayNam" names no field. Did you mean "displayName"? There are: name,',
    ],
    [
      'defaults.templates',
      'names no field. Did you mean "message_templates"? There are in defaults: text_generation_config,',
    ],
    ['routes.0', 'There are no paths into "routes": name it whole.'],
    ['displayName.x', 'There are no paths into "displayName": name it whole.'],
    [' , ', 'update_mask names no field. There are: name,'],
  ])('%p is refused', (mask, message) => {
    const error = thrown(() => applyPatch(CURRENT, {}, mask));
    expect(error.code).toBe('invalid_request');
    expect(error.details.param).toBe('update_mask');
    expect(error.message).toContain(message);
  });
});

test('an unknown field of the body is refused, by its path', () => {
  const error = thrown(() => applyPatch(CURRENT, { defaults: { chache: {} } }, null));
  expect(error.message).toBe('defaults.chache: is not a field here. Did you mean "cache"?');
});

function thrown(work: () => unknown): GatewayError {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('it was taken');
}
