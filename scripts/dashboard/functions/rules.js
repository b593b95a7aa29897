// Rules in effect and the classes that were seen, together: a page that is opened later gets the last message only.
const state = context.get('state') || { rules: null, labels: [] };
if (msg.payload.rules) state.rules = msg.payload.rules;
else {
  const labels = (msg.payload.classes || []).map(({ label }) => label).filter((label) => label !== 'other');
  const all = [...new Set([...state.labels, ...labels])].slice(0, 20);
  if (all.length === state.labels.length) return null;
  state.labels = all;
}
context.set('state', state);
return state.rules ? { payload: state } : null;
