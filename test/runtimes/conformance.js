// Runs on every engine as it is: plain JavaScript that imports nothing and uses nothing but the language.

const PATHS = ["relaxed", "simd"];

/**
 * What this engine makes of the texts with each model, on each path of the kernels that it accepts; one by one and as a
 * batch. Then with two threads, on the path that the library chooses by itself.
 *
 * @param pipeline the built library's
 * @param models sources by storage: f16, int8, int4
 */
export async function conformance(pipeline, models, texts) {
  const paths = {};
  for (const kernels of PATHS) {
    try {
      paths[kernels] = await results(pipeline, models, texts, kernels);
    } catch (error) {
      if (error.code !== "no-simd") throw error;
      paths[kernels] = null;
    }
  }
  // Not disposed of: a program must end by itself all the same.
  const team = await pipeline("token-classification", models.f16, { threads: 2 });
  const { kernels, threads, threadsReason = null } = team;
  return { paths, team: { kernels, threads, threadsReason, batch: await team(texts) } };
}

async function results(pipeline, models, texts, kernels) {
  const found = {};
  for (const [storage, source] of Object.entries(models)) {
    const tag = await pipeline("token-classification", source, { kernels });
    if (tag.kernels !== kernels) throw new Error(`asked for ${kernels}, got ${tag.kernels}`);
    const alone = [];
    for (const text of texts) alone.push(await tag(text));
    found[storage] = { alone, batch: await tag(texts) };
    tag.dispose();
  }
  return found;
}
