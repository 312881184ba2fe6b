import type { AdapterUse, ModelRecipe } from '../core/values.ts';
import type { RunContext } from '../execution/context.ts';

type OneModel = Omit<ModelRecipe, 'later'>;

/** Every model of a run, the first one first. */
export const modelsOf = ({ later = [], ...first }: ModelRecipe): readonly OneModel[] => [
  first,
  ...later.map(({ model }) => model),
];

/** Changes all models of a run alike. */
export const changeModels = (
  { later, ...first }: ModelRecipe,
  change: (model: OneModel) => OneModel,
): ModelRecipe => ({
  ...change(first),
  ...(later && { later: later.map(({ from, model }) => ({ from, model: change(model) })) }),
});

/**
 * Reads an adapter against every model of a run and lays it over them.
 * @throws UserError where it fits one of them not at all
 */
export async function layAdapter(
  ctx: RunContext,
  model: ModelRecipe,
  adapter: string,
  how: Omit<AdapterUse, 'file'>,
): Promise<ModelRecipe> {
  const notices = new Set<string>();
  let use: AdapterUse | undefined;
  for (const one of modelsOf(model)) {
    const opened = await ctx.services.models.openAdapter(one, adapter, ctx.signal);
    for (const notice of opened.notices) notices.add(notice);
    use ??= { ...how, file: opened.file };
  }
  for (const notice of notices) ctx.notice(notice);
  return changeModels(model, ({ adapters, ...rest }) => ({
    ...rest,
    adapters: use ? [...adapters, use] : adapters,
  }));
}
