import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { expected, messageOf } from '../../src/contract/errors';
import type { FrameInfo } from '../../src/contract/frame';
import type { InspectionModelNode } from '../inspection-model/inspection-model-node';
import { ownPageOnly } from '../shared/own-page';

/** The picture that a node saw last, as it came, and whose process can turn it upright. */
export interface LastPicture {
  image: Buffer;
  frame: FrameInfo;
  model: Pick<InspectionModelNode, 'detector'>;
}

/** Where pictures go that parts are taught by, below the user directory. */
const FOLDER = join('inspection', 'references');

/** Lets the dialog keep the last picture of a deployed node as its reference: upright, of full size. */
export function serveReferences(RED: NodeAPI, lastPictures: ReadonlyMap<string, LastPicture>, userDir: string): void {
  const keep = async (id: string) => {
    const last = lastPictures.get(id);
    if (last?.model.detector === undefined) {
      throw expected('a deployed node that has seen a picture', 'the reference', 'none yet');
    }
    const { format, width, height, rotate } = last.frame;
    const { bytes } = await last.model.detector.run('cut', { frame: { format, width, height, rotate } }, last.image);
    const jpeg = Buffer.from(bytes);
    const path = join(FOLDER, `${id.replaceAll(/[^\w-]/g, '')}-${Date.now()}.jpg`);
    await mkdir(join(userDir, FOLDER), { recursive: true });
    await writeFile(join(userDir, path), jpeg);
    return { path, image: `data:image/jpeg;base64,${jpeg.toString('base64')}` };
  };

  RED.httpAdmin?.post(
    '/yolo-int8-detect/:id/reference',
    RED.auth.needsPermission('yolo-int8-detect.write'),
    ownPageOnly,
    (request, response) => {
      keep(String(request.params.id)).then(
        (kept) => response.json(kept),
        (error: unknown) => response.status(400).json({ error: messageOf(error) }),
      );
    },
  );
}
