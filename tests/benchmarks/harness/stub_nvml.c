/* A library with the symbols of NVML that a probe needs and a few left out, over two boards that do not exist.
 *
 * Layouts are those of NVIDIA's header, so that what the real binding makes of them is what it would make of a driver's. The second
 * board has no counter of energy. Whatever would set something is not here, so that nothing could.
 */
#include <stddef.h>
#include <string.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, VERSION_MISMATCH = 25 };
enum { BOARDS = 2, MEMORY_V2 = 0x02000028, READS_A_STEP = 4 };

typedef struct { const char *name, *uuid; unsigned long long total; } Board;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } MemoryV2;
typedef struct { unsigned int pid; unsigned long long used; unsigned int instance, compute_instance; } Process;

static Board boards[BOARDS] = {
    {"Stub L4", "GPU-0b0b0b0b-0000-0000-0000-000000000002", 24ull << 30},
    {"Stub H200", "GPU-0a0a0a0a-0000-0000-0000-000000000001", 140ull << 30},
};
static unsigned long long reads;

static int copied(char *to, unsigned int size, const char *text) {
    if (strlen(text) >= size) return INSUFFICIENT_SIZE;
    strcpy(to, text);
    return SUCCESS;
}

int nvmlInitWithFlags(unsigned int flags) { (void)flags; return SUCCESS; }
int nvmlShutdown(void) { return SUCCESS; }
int nvmlSystemGetDriverVersion(char *text, unsigned int size) { return copied(text, size, "580.0-stub"); }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = BOARDS; return SUCCESS; }

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, Board **board) {
    if (index >= BOARDS) return INVALID_ARGUMENT;
    *board = &boards[index];
    return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, Board **board) {
    for (int i = 0; i < BOARDS; i++)
        if (!strcmp(uuid, boards[i].uuid)) return nvmlDeviceGetHandleByIndex_v2(i, board);
    return NOT_FOUND;
}

int nvmlDeviceGetName(Board *board, char *text, unsigned int size) { return copied(text, size, board->name); }
int nvmlDeviceGetUUID(Board *board, char *text, unsigned int size) { return copied(text, size, board->uuid); }

int nvmlDeviceGetMemoryInfo(Board *board, Memory *memory) {
    *memory = (Memory){board->total, board->total - (3ull << 20), 3ull << 20};
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo_v2(Board *board, MemoryV2 *memory) {
    if (memory->version != MEMORY_V2) return VERSION_MISMATCH;
    *memory = (MemoryV2){MEMORY_V2, board->total, 2ull << 20, board->total - (3ull << 20), 1ull << 20};
    return SUCCESS;
}

int nvmlDeviceGetTotalEnergyConsumption(Board *board, unsigned long long *millijoules) {
    if (board != &boards[1]) return NOT_SUPPORTED;
    *millijoules = 5000 + reads++ / READS_A_STEP * 1000;
    return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(Board *board, unsigned int *count, Process *found) {
    unsigned int room = *count;
    *count = board == &boards[0];
    if (room < *count) return INSUFFICIENT_SIZE;
    if (*count) found[0] = (Process){4194000, 1ull << 20, ~0u, ~0u};
    return SUCCESS;
}
