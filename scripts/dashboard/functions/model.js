// What the slots and the shadow are doing, as far as it is shown.
const { phase, frames, text, reason, statistics, decision, primary, candidate, review } = msg.payload || {};
return { payload: { phase, frames, text, reason, statistics, decision, primary, candidate, review } };
