import { fileURLToPath } from "node:url";

/** A waybill tagger that PyTorch trained, in f16: what tests hold against PyTorch. */
export const WAYBILL_MODEL = fileURLToPath(
  new URL("../fixtures/waybill-made-up/model.safetensors", import.meta.url),
);

/** An invented waybill: person, phone, province, city, district, street. */
export const SAMPLE = "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米";
