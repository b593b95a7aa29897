/** How a part lies in a plane: from its middle, a point (x, y) of the part is at (a·x − b·y + x0, b·x + a·y + y0). */
export interface Pose {
  a: number;
  b: number;
  x0: number;
  y0: number;
}

export const poseOf = (rotationDegrees: number, scale: number, x0: number, y0: number): Pose => {
  const angle = (rotationDegrees * Math.PI) / 180;
  return { a: scale * Math.cos(angle), b: scale * Math.sin(angle), x0, y0 };
};

/** The same in a plane that is `times` as large; pixel centres lie at whole numbers. */
export const enlarged = ({ a, b, x0, y0 }: Pose, times: number): Pose => ({
  ...{ a, b },
  x0: (x0 + 0.5) * times - 0.5,
  y0: (y0 + 0.5) * times - 0.5,
});
