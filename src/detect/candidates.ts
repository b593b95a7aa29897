/** Where decoders put what they find: boxes as corners in pixels of the model's input, before NMS. */
export class CandidateList {
  /** Four numbers per candidate: left, top, right, bottom. */
  readonly corners: number[] = [];
  readonly scores: number[] = [];
  readonly classIds: number[] = [];

  get length(): number {
    return this.scores.length;
  }

  add(left: number, top: number, right: number, bottom: number, score: number, classId: number): void {
    this.corners.push(left, top, right, bottom);
    this.scores.push(score);
    this.classIds.push(classId);
  }

  addCentred(x: number, y: number, width: number, height: number, score: number, classId: number): void {
    this.add(x - width / 2, y - height / 2, x + width / 2, y + height / 2, score, classId);
  }
}
