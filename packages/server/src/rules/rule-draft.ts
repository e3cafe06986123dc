import { RuleDraft } from '@belfry/contract';
import { Compile } from 'typebox/compile';
import { isRefusal, quote, refuse, type Refusal } from '../kernel/mod.ts';
import type { Registry } from '../registry/mod.ts';

const draftSchema = Compile(RuleDraft);

/** A rule as someone sent it: the draft, or a refusal that names the field and its value. Looks ids up in the registry. */
export async function parseRuleDraft(
  body: unknown,
  registry: Pick<Registry, 'datastream' | 'get'>,
): Promise<RuleDraft | Refusal> {
  if (!draftSchema.Check(body)) return shapeRefusal(body);
  const { direction, raise, clear } = body;
  if (direction === 'above' && clear > raise) {
    return refuse('bad-body', `clear is ${clear}; with direction "above" it must not exceed raise, ${raise}`, '/clear');
  }
  if (direction === 'below' && clear < raise) {
    return refuse(
      'bad-body',
      `clear is ${clear}; with direction "below" it must not be less than raise, ${raise}`,
      '/clear',
    );
  }
  const binding = await checkBinding(body, registry);
  return isRefusal(binding) ? binding : body;
}

async function checkBinding(
  { binding }: RuleDraft,
  registry: Pick<Registry, 'datastream' | 'get'>,
): Promise<true | Refusal> {
  const given = Object.keys(binding);
  if (given.length !== 1) {
    const names = 'observedPropertyDefinition, observedPropertyId and datastreamIds';
    return refuse('bad-body', `binding needs exactly one of ${names}; it has ${quote(given)}`, '/binding');
  }
  const unknown = binding.datastreamIds?.find((id) => registry.datastream(id) === undefined);
  if (unknown !== undefined) {
    return refuse('unknown-datastream', `there is no Datastream ${unknown}`, '/binding/datastreamIds');
  }
  const propertyId = binding.observedPropertyId;
  if (propertyId !== undefined && (await registry.get('ObservedProperty', propertyId)) === undefined) {
    return refuse('unknown-entity', `there is no ObservedProperty ${propertyId}`, '/binding/observedPropertyId');
  }
  return true;
}

/** The first fault that TypeBox finds, with the value that stands there. */
function shapeRefusal(body: unknown): Refusal {
  const errors = draftSchema.Errors(body);
  const found = errors.find((error) => error.keyword !== 'boolean') ?? errors[0];
  if (found === undefined) return refuse('bad-body', 'this is not a rule');
  const { keyword, instancePath, message, params } = found;
  if (keyword === 'additionalProperties') {
    return refuse(
      'bad-body',
      `${instancePath || 'the rule'} has properties that a rule has not: ${quote(params)}`,
      instancePath,
    );
  }
  const at = instancePath === '' ? 'the rule' : instancePath;
  return refuse('bad-body', `${at} ${message}; it is ${quote(valueAt(body, instancePath))}`, instancePath);
}

/** What a JSON pointer (RFC 6901) points to. */
function valueAt(body: unknown, pointer: string): unknown {
  let value = body;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([name]) => name === key)?.[1];
  }
  return value;
}
