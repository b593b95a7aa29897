// The words of the options that several commands have.
export const TILES_OPTION = 'cut pictures into tiles: off, auto, or columns x rows such as 3x2, as the detector will';
export const OVERLAP_OPTION = "share of a tile's side that neighbours have in common, 0 to 0.5";
