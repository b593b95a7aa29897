// A dashboard shows a picture by its address; the JPEG itself was drawn in the model's process.
return {
  topic: 'picture',
  payload: {
    source: 'data:image/jpeg;base64,' + msg.payload.toString('base64'),
    frame: msg.verdict.frame.id,
  },
};
