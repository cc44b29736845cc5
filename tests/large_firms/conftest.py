"""What several test files of this room share."""

import sys
from pathlib import Path

# importlib mode does not put this folder on the path, and the slow routes live here
sys.path.insert(0, str(Path(__file__).parent))
