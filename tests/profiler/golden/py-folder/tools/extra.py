import tqdm
import core
