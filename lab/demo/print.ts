interface Defect {
  label: string;
  confidence: number;
  box: { x: number; y: number; width: number; height: number };
}

interface Message {
  time?: string;
  verdict?: string;
  defects?: Defect[];
  model?: { name: string; sha256: string };
  counters?: { triggers: number; pass: number; fail: number; notInspected: number };
}

/** One line for an alert, a counting line for every tenth verdict, nothing for the rest. */
export function describeMessage(topic: string, payload: Buffer): string | undefined {
  let message: Message;
  try {
    message = JSON.parse(payload.toString()) as Message;
  } catch {
    return `${topic}  ${payload.length} bytes that are no JSON`;
  }
  const time = message.time?.slice(11, 23) ?? '';
  if (topic.endsWith('/alert')) {
    const defects = (message.defects ?? []).map(
      ({ label, confidence, box }) =>
        `${label} ${Math.round(confidence * 100)}% at ${Math.round(box.x)},${Math.round(box.y)}`,
    );
    return `${time}  ${topic}  ${defects.join(' · ')}  (${message.model?.name} ${message.model?.sha256.slice(0, 8)})`;
  }
  const counters = message.counters;
  if (topic.endsWith('/verdict') && counters && counters.triggers % 10 === 0) {
    return `${time}  ${counters.triggers} parts: ${counters.pass} PASS, ${counters.fail} FAIL, ${counters.notInspected} NOT_INSPECTED`;
  }
  return undefined;
}
