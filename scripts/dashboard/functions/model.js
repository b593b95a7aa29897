// What the slots and the shadow are doing, as far as it is shown.
const { phase, frames, text, reason, statistics, decision, primary, candidate, people } = msg.payload || {};
return {
  payload: {
    phase,
    frames,
    text,
    reason,
    statistics,
    decision,
    primary,
    candidate,
    people: people && { outcome: people.outcome, judged: people.judged, text: people.text, queue: people.queue },
  },
};
