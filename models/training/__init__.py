"""Training recipe for a YOLOv8-shaped detector: plain PyTorch, CPU is enough, Apache-2.0 from the first line."""
