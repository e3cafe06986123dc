import type { Rule, RuleList } from '@belfry/contract';
import type { FastifyInstance } from 'fastify';
import { CallerError, isRefusal, refuse, type Refusal } from '../kernel/mod.ts';
import type { Rules } from '../rules/mod.ts';
import { idOf } from './parameters.ts';

export interface RulesRoutesOptions {
  readonly rules: Pick<Rules, 'list' | 'get' | 'put' | 'remove'>;
}

/** GET and POST /rules; GET, PUT and DELETE /rules/<id>. Bodies are RuleDrafts; a change that is answered is durable and applied. */
export async function rulesRoutes(app: FastifyInstance, { rules }: RulesRoutesOptions): Promise<void> {
  app.get('/rules', { config: { scope: 'read' } }, (): RuleList => ({ value: [...rules.list()] }));

  app.get<{ Params: { id: string } }>('/rules/:id', { config: { scope: 'read' } }, (request): Rule => {
    const id = idOf(request.params.id, 'id');
    const rule = rules.get(id);
    if (rule === undefined) throw new CallerError(refuse('unknown-entity', `there is no rule ${id}`));
    return rule;
  });

  app.post('/rules', { config: { scope: 'admin' } }, async (request, reply): Promise<Rule> => {
    const rule = accepted(await rules.put(request.body));
    reply.status(201).header('location', `/rules/${rule.id}`);
    return rule;
  });

  app.put<{ Params: { id: string } }>('/rules/:id', { config: { scope: 'admin' } }, async (request): Promise<Rule> => {
    return accepted(await rules.put(request.body, idOf(request.params.id, 'id')));
  });

  app.delete<{ Params: { id: string } }>('/rules/:id', { config: { scope: 'admin' } }, async (request, reply) => {
    accepted(await rules.remove(idOf(request.params.id, 'id')));
    return reply.status(204).send();
  });
}

function accepted<T>(outcome: T | Refusal): T {
  if (isRefusal(outcome)) throw new CallerError(outcome);
  return outcome;
}
