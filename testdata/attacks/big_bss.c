// A program whose zeroed data alone is larger than the memory it may have.
static char data[256u << 20];

int main(void) {
    volatile char* byte = data;
    for (unsigned long i = 0; i < sizeof data; i += 4096) byte[i] = 1;
    return 0;
}
