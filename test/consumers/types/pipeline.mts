import {
  type Entity,
  type LoadingOptions,
  ModelFileError,
  type PipelineOptions,
  pipeline,
  type TokenClassificationPipeline,
} from "electra-edge";

const loading: LoadingOptions = { threads: "auto", onProgress: ({ loaded, total }) => loaded / total };
const options: PipelineOptions = { ...loading, aggregation_strategy: "first", ignore_labels: ["O"] };

async function load(url: URL): Promise<TokenClassificationPipeline> {
  try {
    return await pipeline("token-classification", url, options);
  } catch (error) {
    if (error instanceof ModelFileError && error.code === "integrity")
      console.error(error.source, error.tensor);
    throw error;
  }
}

const tag = await load(new URL("https://example.com/waybill-zh.safetensors"));
const entities: Entity[] = await tag("张三18600009172");
const several: Entity[][] = await tag(["张三", "李四"]);
const words: string[] = [entities, ...several].flat().map(({ word }) => word);
// @ts-expect-error: there is no such task
await pipeline("summarization", words[0] ?? "");
tag.dispose();
