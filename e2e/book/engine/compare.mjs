/** Compares the committed record with the one of today, for people who read it in a log. */

/**
 * Every difference, by step.
 * @param {object[]} kept the committed record
 * @param {object[]} now what the pages and the chapters say today
 * @returns {string[]} one text for each step that differs; empty when nothing does
 */
export function differences(kept, now) {
  const [before, after] = [byStep(kept), byStep(now)];
  const steps = [...new Set([...before.keys(), ...after.keys()])];
  return steps.flatMap((step) => {
    const [old, fresh] = [before.get(step), after.get(step)];
    if (!fresh) return [`${step}\n  is in the manual, and not in the chapters any more`];
    if (!old) return [`${step}\n  is in the chapters, and not in the manual yet`];
    const lines = changed(old, fresh);
    return lines.length > 0 ? [`${step} (${fresh.address ?? "no page"})\n${lines.join("\n")}`] : [];
  });
}

const byStep = (record) => new Map(record.map((entry) => [`${entry.chapter} ${entry.step} 「${entry.title}」`, facts(entry)]));

/** A step as lines: what it is, and what it says. Marks are named by what a reader sees. */
function facts({ marks = [], address, ...rest }) {
  const lines = new Map(address ? [["page", address]] : []);
  for (const [name, value] of Object.entries(rest)) add(lines, name, value);
  for (const mark of marks) for (const [name, value] of Object.entries(mark)) add(lines, `「${mark.name}」 ${name}`, value);
  return Object.assign(lines, { address });
}

function add(lines, name, value) {
  if (Array.isArray(value)) value.forEach((one, place) => add(lines, `${name} ${place + 1}`, one));
  else if (typeof value === "object") for (const [part, inner] of Object.entries(value)) add(lines, `${name} ${part}`, inner);
  else lines.set(name, String(value));
}

function changed(old, fresh) {
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name), fresh.get(name)];
    if (was === is) return [];
    return [...(was === undefined ? [] : [`  - ${name}: ${was}`]), ...(is === undefined ? [] : [`  + ${name}: ${is}`])];
  });
}
