import type { DetectorLike, DetectorOptions } from '../contract/detector';
import { Detector } from './detector';

/**
 * A model in a process of its own: started with start(), asked with detect(), ended with stop().
 *
 * @throws InspectionError BAD_ARGUMENT for an unusable or unknown option
 */
export function createDetector(options: DetectorOptions): DetectorLike {
  return new Detector(options);
}
