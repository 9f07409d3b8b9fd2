import type { Remote } from "./calls.ts";
import type { InferenceHandlers } from "./inference-worker.ts";
import { language, text } from "./language.ts";
import type { Shared } from "./shared.ts";

/** The name of the model that the visitor has trained. */
export const OWN = "own";

export const SHIPPED = ["waybill-zh", "contacts-zh"] as const;

/** What a first visit shows for each model, all made up. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  "waybill-zh": [
    "张三18600009172广东省深圳市南山区八马路与东平行路交叉口北40米",
    "收件人：欧阳晓雯 电话 13900001234 地址 浙江省杭州市西湖区云栖小镇桃花路88号3幢502室",
    "成都市武侯区锦绣大道16号望江花园7栋1单元 李雷 17700005678",
  ],
  "contacts-zh": [
    "联系人王小明，电话13900001234，地址杭州市西湖区桃花路88号，云帆科技有限公司。",
    "请把样品寄到成都市武侯区锦绣大道16号，李雷收，有事打028-55550123。",
    "欧阳倩教授上周访问了桂花路小吃店，店里的电话是13800005678。",
  ],
};

/** One that can be read in many ways: what is a name here, and what a place? */
export const AMBIGUOUS = "海南王小明13800000000三亚吉阳区榆亚路18号李记小卖部";

/** What the sections about taggers share: which model runs and on what text. */
export interface Tagging {
  readonly model: Shared<string>;
  readonly text: Shared<string>;
  readonly worker: Remote<InferenceHandlers>;
  /** How often the visitor's own model has changed. */
  readonly ownVersion: Shared<number>;
}

/** Fills a list of models, which gains the visitor's own once there is one. */
export function bindModelList(list: HTMLSelectElement, { model, ownVersion }: Tagging): void {
  const fill = () => {
    const names = ownVersion.value > 0 ? [...SHIPPED, OWN] : SHIPPED;
    list.replaceChildren(
      ...names.map(
        (name) => new Option(name === OWN ? text("ownModel") : name, name, false, name === model.value),
      ),
    );
  };
  list.addEventListener("change", () => {
    model.value = list.value;
  });
  model.onChange((name) => {
    list.value = name;
  });
  ownVersion.onChange(fill);
  language.onChange(fill);
  fill();
}
