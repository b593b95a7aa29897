/** What Ultralytics' exports call the decoder of RT-DETR in their metadata. */
export const RT_DETR_DECODER = 'RTDETRDecoder';

/** The decoder that an export's metadata name where shapes and numbers do not tell; for a manifest's recipe. */
export function decoderOf(metadata: ReadonlyMap<string, string>): { decoder?: string } {
  return metadata.get('head') === RT_DETR_DECODER ? { decoder: RT_DETR_DECODER } : {};
}
