import * as convert from "electra-edge/convert";
import * as train from "electra-edge/train";

console.log(Object.keys(convert), Object.keys(train));
