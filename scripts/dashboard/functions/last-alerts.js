// The last alerts, with what the evidence shows: boxes, classes, thresholds, model.
const alert = msg.payload;
const alerts = context.get('alerts') || [];
// a golden sample that was judged wrong has a sentence instead of defects
const golden = alert.kind === 'golden';
alerts.unshift({
  id: alert.id,
  time: alert.time,
  event: alert.event,
  severity: alert.severity,
  golden,
  note: golden ? alert.detail : '',
  labels: golden ? '' : [...new Set(alert.defects.map(({ label }) => label))].slice(0, 4).join(', '),
  count: golden ? 0 : alert.defects.length + alert.defectsOmitted,
  defects: golden
    ? []
    : alert.defects.slice(0, 12).map(({ label, confidence, box, severity }) => ({ label, confidence, box, severity })),
  frame: alert.frame ? alert.frame.id : '',
  station: alert.station,
  model: alert.model
    ? { name: alert.model.name, version: alert.model.version, sha256: alert.model.sha256.slice(0, 12) }
    : null,
  minConfidence: alert.thresholds ? alert.thresholds.minConfidence : null,
  tempC: alert.thermal ? alert.thermal.tempC : null,
  thumbnail: alert.thumbnail || '',
  url: alert.evidence ? alert.evidence.url : '',
});
context.set('alerts', alerts.slice(0, 6));
return { payload: alerts.slice(0, 6) };
