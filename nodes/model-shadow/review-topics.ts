/**
 * Topics by which people, a re-inspection station, a PLC or a MES take part: `truth` tells what a part is, `review` asks for the next
 * card.
 */
export const REVIEW_TOPICS = ['truth', 'review'] as const;
export type ReviewTopic = (typeof REVIEW_TOPICS)[number];

/** What a message wants of the review; undefined: it is another message. Messages with a frame never are one. */
export function reviewTopicOf({
  topic,
  payload,
  ...rest
}: object & { topic?: unknown; payload?: unknown }): ReviewTopic | undefined {
  if ('image' in rest || 'notInspected' in rest || Buffer.isBuffer(payload) || Array.isArray(payload)) return undefined;
  return REVIEW_TOPICS.find((word) => word === topic);
}
