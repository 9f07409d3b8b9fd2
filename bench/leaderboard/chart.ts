import { type Panel, renderBars } from "../peers/bars.ts";
import { type Board, type BoardRow, rangeOf } from "./report.ts";

/** For whom the picture is read aloud. */
export const DESCRIPTION = "Time and memory of each shipped model, in int8 and int4, beside other runtimes";

/** Storage of 8 bits and less: what one would ship. */
const isSmall = ({ engine }: BoardRow) => /int8|int4|q8/.test(engine);

function panelOf(title: string, rows: readonly BoardRow[], value: (row: BoardRow) => number): Panel {
  const bars = rows.map((row) => ({
    label: row.engine,
    value: value(row),
    ours: row.runtime === "electra-edge",
  }));
  return { title, bars: bars.sort((a, b) => a.value - b.value) };
}

/** Each model's time in small storage, and the first one's memory. */
export function renderChart(boards: readonly Board[]): string {
  const times = boards.map(({ model, metric, rows }) => {
    const small = rows.filter(isSmall);
    const scores = rangeOf(small.map(({ score }) => score));
    return panelOf(`${model} (${metric} ${scores}), a text, one thread, milliseconds`, small, ({ ms }) => ms);
  });
  const memories = boards
    .slice(0, 1)
    .map(({ model, rows }) =>
      panelOf(
        `${model}, memory of a new process, megabytes`,
        rows.filter(isSmall),
        ({ memory_bytes }) => memory_bytes / 1e6,
      ),
    );
  return renderBars([...times, ...memories], DESCRIPTION);
}
