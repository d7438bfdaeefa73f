// Made by random-structs.ts. Compiled by make.sh.
enum tiny { T0, T1 = 200 } __attribute__((packed));
enum plain { P0, P1 = 7, P2 = 0x7fffffff };
enum below { B0 = -3, B1 = 3 };
enum wide { W0 = 1, W1 = 0x1122334455667788 };

struct s0 {
    enum wide m0;
    _Bool m1 : 1;
    char m2 : 7;
    short m3 : 5;
} __attribute__((aligned(16)));
struct s0 v0 = {.m0 = W0, .m1 = 0, .m2 = (-63LL), .m3 = 8U};

struct s1 {
    enum below m4;
    enum wide m5;
    unsigned char m6 : 1;
} __attribute__((aligned(16)));
struct s1 v1 = {.m4 = B1, .m5 = W1, .m6 = 0U};

struct s2 {
    float m7;
    short m8 : 16;
    int m9 : 17;
    struct s0 m10;
    enum plain m11 : 32;
    struct s1 m12 __attribute__((aligned(8)));
};
struct s2 v2 = {.m7 = -51.125, .m8 = 32246U, .m9 = 61430U, .m10 = {.m0 = W1, .m1 = 0, .m2 = (-24LL), .m3 = (-15LL)}, .m11 = P2, .m12 = {.m4 = B1, .m5 = W1, .m6 = 1U}};

struct s3 {
    union { unsigned long m13; unsigned long long m14; };
    enum below m15[1];
    struct { _Bool m16 __attribute__((aligned(8))); };
};
struct s3 v3 = {.m14 = 10796602805368052998ULL, .m15 = {B1}, .m16 = 0};

struct s4 {
    union { struct { int m17; unsigned char m18[3]; }; unsigned char m19[6]; struct { unsigned long m20; unsigned char m21[8]; }; };
    unsigned char m22[7];
    char m23 : 3;
    enum plain m24 : 32;
    unsigned short m25[3];
    struct { union { unsigned __int128 m26; long long m27; }; long long m28 : 12; };
    _Bool m29;
};
struct s4 v4 = {.m20 = 9820213635820146395ULL, .m21 = {237, 82, 175, 22, 100, 33, 238, 166}, .m22 = {68, 198, 13, 204, 231, 187, 110}, .m23 = (-1LL), .m24 = P1, .m25 = {13336U, 63199U, 13423U}, .m26 = (__int128)(((unsigned __int128)3146258980047045112ULL << 64) | 9723896926311315023ULL), .m28 = 31U, .m29 = 1};

struct s5 {
    enum below m30 : 32;
    unsigned char m31[4];
    unsigned char m32[1];
    _Bool m33 __attribute__((aligned(8)));
    union { long m34; unsigned char m35[9]; };
    struct s2 m36[2];
    enum plain m37 : 32;
    unsigned long m38 : 27;
    long m39[1] __attribute__((aligned(8)));
    char m40 : 8;
} __attribute__((packed));
struct s5 v5 = {.m30 = B0, .m31 = {174, 242, 43, 108}, .m32 = {166}, .m33 = 0, .m35 = {0, 176, 181, 176, 251, 149, 140, 211, 43}, .m36 = {{.m7 = 44.500, .m8 = 26211U, .m9 = 56728U, .m10 = {.m0 = W0, .m1 = 0, .m2 = (-54LL), .m3 = 7U}, .m11 = P2, .m12 = {.m4 = B1, .m5 = W1, .m6 = 1U}}, {.m7 = -107.625, .m8 = 2044U, .m9 = 55921U, .m10 = {.m0 = W0, .m1 = 0, .m2 = 7U, .m3 = (-16LL)}, .m11 = P1, .m12 = {.m4 = B1, .m5 = W1, .m6 = 1U}}}, .m37 = P1, .m38 = 49456237U, .m39 = {9024856744394955300ULL}, .m40 = 2U};

struct s6 {
    union { struct { unsigned char m41[7]; long m42; }; short m43; };
    int m44 : 13;
    struct { _Bool m45 __attribute__((aligned(8))); };
    _Bool m46 : 1;
    struct s2 m47[3];
    int m48 : 32;
    union { unsigned char m49[4]; unsigned long m50; unsigned char m51[7]; };
    unsigned long long m52 : 63;
    struct s1 m53[3];
    unsigned short m54 : 1;
};
struct s6 v6 = {.m41 = {10, 120, 9, 45, 153, 224, 127}, .m42 = (long long)12653469515568202081ULL, .m44 = (-1843LL), .m45 = 1, .m46 = 1, .m47 = {{.m7 = -95.250, .m8 = (-1721LL), .m9 = (-47053LL), .m10 = {.m0 = W0, .m1 = 0, .m2 = (-13LL), .m3 = (-10LL)}, .m11 = P0, .m12 = {.m4 = B1, .m5 = W0, .m6 = 0U}}, {.m7 = -21.875, .m8 = (-32514LL), .m9 = (-17733LL), .m10 = {.m0 = W1, .m1 = 0, .m2 = (-56LL), .m3 = (-14LL)}, .m11 = P0, .m12 = {.m4 = B1, .m5 = W0, .m6 = 0U}}, {.m7 = -16.625, .m8 = (-77LL), .m9 = 58182U, .m10 = {.m0 = W1, .m1 = 0, .m2 = 16U, .m3 = 3U}, .m11 = P1, .m12 = {.m4 = B1, .m5 = W0, .m6 = 0U}}}, .m48 = 1221330028U, .m50 = 9258050139994388463ULL, .m52 = 922310189697400860ULL, .m53 = {{.m4 = B0, .m5 = W0, .m6 = 0U}, {.m4 = B1, .m5 = W0, .m6 = 1U}, {.m4 = B1, .m5 = W0, .m6 = 0U}}, .m54 = 0U};

struct s7 {
    int : 5;
    struct { unsigned int m55; unsigned short m56 : 2; };
    union { unsigned char m57[6]; unsigned long m58; };
    long long m59 : 60;
    struct s4 m60[2];
    _Bool m61 __attribute__((aligned(8)));
    long long m62 : 37;
    _Bool m63;
    unsigned long long m64 : 41;
    struct s2 m65;
};
struct s7 v7 = {.m55 = 3988612726U, .m56 = 2U, .m57 = {184, 216, 182, 30, 159, 200}, .m59 = 184512829893611916ULL, .m60 = {{.m20 = 9021235155430400457ULL, .m21 = {99, 177, 152, 211, 255, 172, 162, 37}, .m22 = {224, 193, 34, 13, 26, 36, 187}, .m23 = (-4LL), .m24 = P0, .m25 = {18379U, 58622U, 50189U}, .m26 = (__int128)(((unsigned __int128)12522225457321868578ULL << 64) | 10014798018791018788ULL), .m28 = 1365U, .m29 = 0}, {.m20 = 6410879618198785874ULL, .m21 = {198, 96, 31, 18, 12, 59, 30, 207}, .m22 = {223, 193, 234, 121, 243, 47, 154}, .m23 = 2U, .m24 = P0, .m25 = {54470U, 5454U, 31644U}, .m26 = (__int128)(((unsigned __int128)678594316382174348ULL << 64) | 6627186297055211771ULL), .m28 = 772U, .m29 = 0}}, .m61 = 0, .m62 = (long long)18446744065015769404ULL, .m63 = 0, .m64 = 852369316742ULL, .m65 = {.m7 = 79.125, .m8 = 16730U, .m9 = (-59772LL), .m10 = {.m0 = W0, .m1 = 0, .m2 = (-59LL), .m3 = 15U}, .m11 = P1, .m12 = {.m4 = B0, .m5 = W1, .m6 = 1U}}};

struct s8 {
    enum plain m66 : 32;
    long m67 : 53;
    unsigned char m68 : 2;
    union { long long m69; long m70; };
    struct { struct { enum below m71 : 32; unsigned char m72 : 7; }; unsigned long m73 : 51; };
    struct { float m74; char m75[5]; };
};
struct s8 v8 = {.m66 = P1, .m67 = (long long)18443812485814359349ULL, .m68 = 1U, .m69 = 4698527770135973663ULL, .m71 = B1, .m72 = 108U, .m73 = 1886493174407242ULL, .m74 = 43.000, .m75 = "aa"};

struct s9 {
    struct s2 m76[3];
    struct { union { struct { unsigned int m77; int m78; }; int m79; unsigned long long m80; }; struct { unsigned int m81 __attribute__((aligned(8))); unsigned long long m82 : 20; }; };
};
struct s9 v9 = {.m76 = {{.m7 = -119.250, .m8 = (-15380LL), .m9 = 20727U, .m10 = {.m0 = W1, .m1 = 0, .m2 = 29U, .m3 = (-2LL)}, .m11 = P1, .m12 = {.m4 = B0, .m5 = W1, .m6 = 1U}}, {.m7 = 113.000, .m8 = 18997U, .m9 = (-8282LL), .m10 = {.m0 = W1, .m1 = 0, .m2 = (-19LL), .m3 = 8U}, .m11 = P2, .m12 = {.m4 = B1, .m5 = W0, .m6 = 0U}}, {.m7 = -39.375, .m8 = 30273U, .m9 = (-36676LL), .m10 = {.m0 = W1, .m1 = 0, .m2 = (-49LL), .m3 = 12U}, .m11 = P2, .m12 = {.m4 = B1, .m5 = W0, .m6 = 1U}}}, .m80 = 17454553844792211297ULL, .m81 = 3668707555U, .m82 = 1007340U};

struct s10 {
    struct s1 m83;
    struct { unsigned long long m84 : 16; };
    long m85 : 43;
    union { unsigned __int128 m87; unsigned char m88[3]; } m86;
} __attribute__((aligned(16)));
struct s10 v10 = {.m83 = {.m4 = B0, .m5 = W1, .m6 = 1U}, .m84 = 21146U, .m85 = 1450905829697ULL, .m86 = {.m88 = {26, 83, 128}}};

struct s11 {
    struct { struct { _Bool m89 : 1; long long m90 : 47; unsigned int m91 : 20; }; float m92; _Bool m93; };
    char m94[2] __attribute__((aligned(8)));
    int : 0;
    float m95 __attribute__((aligned(8)));
    struct { enum plain m96; struct s8 m97[1] __attribute__((aligned(8))); char m98[8]; };
    double m99;
    enum below m100;
};
struct s11 v11 = {.m89 = 0, .m90 = 26430024432343ULL, .m91 = 940431U, .m92 = 97.125, .m93 = 1, .m94 = ".", .m95 = -69.500, .m96 = P2, .m97 = {{.m66 = P0, .m67 = 1223606046358265ULL, .m68 = 0U, .m69 = 294029279510317996ULL, .m71 = B1, .m72 = 125U, .m73 = 165277424908979ULL, .m74 = -99.250, .m75 = "b"}}, .m98 = "/afa/Y", .m99 = 87.875, .m100 = B1};

struct s12 {
    char m101[2][2];
    union { struct { unsigned long m102; unsigned char m103[3]; }; long m104; };
    union { unsigned __int128 m105; short m106; unsigned char m107[6]; };
} __attribute__((aligned(16)));
struct s12 v12 = {.m101 = {"Y", "b-"}, .m104 = (long long)16894895297027808406ULL, .m107 = {31, 245, 249, 88, 54, 50}};

struct s13 {
    double m108 __attribute__((aligned(8)));
    _Bool m109 : 1;
    short m110 : 2;
    struct s12 m111[1] __attribute__((aligned(8)));
    _Bool m112 : 1;
};
struct s13 v13 = {.m108 = -72.375, .m109 = 1, .m110 = (-1LL), .m111 = {{.m101 = {"af", ".Y"}, .m102 = 7085084887456031061ULL, .m103 = {73, 40, 100}, .m106 = 11662U}}, .m112 = 0};

struct s14 {
    void * m113;
    enum wide m114[2];
    char m115[19];
    unsigned short m116 : 2;
    struct { unsigned char m117[2][2]; double m118; unsigned long m119[2] __attribute__((aligned(8))); };
    short m120 : 13;
    _Bool m121 : 1;
    unsigned long long : 3;
    void * m122;
} __attribute__((aligned(16)));
struct s14 v14 = {.m113 = (void *)15593836064781151220ULL, .m114 = {W0, W0}, .m115 = "-Xfaff/", .m116 = 0U, .m117 = {{60, 181}, {129, 223}}, .m118 = 100.750, .m119 = {15698040296791972305ULL, 11828674835582354037ULL}, .m120 = (-224LL), .m121 = 0, .m122 = (void *)9808146746946471447ULL};

struct s15 {
    long long m123;
    _Bool m124 : 1;
    struct { unsigned char m125[2]; struct s2 m126; union { __int128 m127; struct { char m128; char m129; }; struct { long long m130; __int128 m131; }; }; };
    unsigned long long m132 : 54;
    union { struct { unsigned int m133; unsigned char m134[9]; }; struct { unsigned char m135[2]; int m136; }; };
    unsigned char m137[2][7];
    unsigned long m138 : 10;
    unsigned char m139 : 7;
    long m140 : 53;
    signed char m141 : 4;
};
struct s15 v15 = {.m123 = 2044307763208403109ULL, .m124 = 0, .m125 = {77, 87}, .m126 = {.m7 = -111.000, .m8 = 21366U, .m9 = (-43447LL), .m10 = {.m0 = W0, .m1 = 0, .m2 = 57U, .m3 = 5U}, .m11 = P2, .m12 = {.m4 = B1, .m5 = W1, .m6 = 0U}}, .m127 = (__int128)(((unsigned __int128)696591668960772680ULL << 64) | 1032209564330544662ULL), .m132 = 2579092109013344ULL, .m135 = {103, 207}, .m136 = 904302586U, .m137 = {{107, 158, 134, 164, 180, 116, 11}, {108, 106, 19, 95, 42, 211, 197}}, .m138 = 848U, .m139 = 113U, .m140 = (long long)18442646882768933058ULL, .m141 = (-8LL)};

struct s16 {
    union { long long m143; unsigned long long m144; unsigned char m145[1]; } m142;
    long long m146 : 57;
    unsigned char m147[3];
};
struct s16 v16 = {.m142 = {.m144 = 13438369073282098940ULL}, .m146 = 42515200887063826ULL, .m147 = {5, 133, 93}};

struct s17 {
    int : 5;
    float m148;
    unsigned char m149[3];
    unsigned char m150 : 7;
    struct { unsigned short m151 : 16; union { long m153; char m154; unsigned char m155[8]; } m152; };
    struct s12 m156;
    void * m157;
} __attribute__((packed));
struct s17 v17 = {.m148 = 124.875, .m149 = {249, 187, 30}, .m150 = 97U, .m151 = 3558U, .m152 = {.m155 = {70, 7, 162, 240, 136, 231, 178, 95}}, .m156 = {.m101 = {"Zd", ""}, .m104 = (long long)12804656021024185223ULL, .m107 = {93, 231, 220, 160, 137, 192}}, .m157 = (void *)15314288825958847658ULL};

struct s18 {
    struct { unsigned long long m158 : 42; _Bool m159 : 1; };
    unsigned char m160[5];
    struct s17 m161;
    struct s13 m162;
    void * m163 __attribute__((aligned(8)));
    double m164;
};
struct s18 v18 = {.m158 = 2795923099463ULL, .m159 = 1, .m160 = {179, 159, 163, 37, 140}, .m161 = {.m148 = -60.125, .m149 = {225, 149, 7}, .m150 = 9U, .m151 = 11327U, .m152 = {.m154 = 90U}, .m156 = {.m101 = {"", ".b"}, .m104 = (long long)12667599607036347828ULL, .m106 = 9455U}, .m157 = (void *)9353539684238691766ULL}, .m162 = {.m108 = 45.125, .m109 = 1, .m110 = (-1LL), .m111 = {{.m101 = {"", "."}, .m104 = 4304030184179361420ULL, .m105 = (__int128)(((unsigned __int128)18127838346491312931ULL << 64) | 16357373193653231391ULL)}}, .m112 = 0}, .m163 = (void *)6277301682079321313ULL, .m164 = 53.625};

struct s19 {
    long long m165 : 62;
    char m166[3][20];
    unsigned char m167;
    _Bool m168 : 1;
    union { long m169; unsigned char m170; unsigned int m171; };
    enum plain m172;
    _Bool m173;
};
struct s19 v19 = {.m165 = (long long)16443137343300743311ULL, .m166 = {"YZb-/edb-", "afa-aYc.YXYZeaXbX", "Z.eZf"}, .m167 = 225U, .m168 = 0, .m171 = 4107833298U, .m172 = P0, .m173 = 1};

struct s20 {
    enum plain m174 : 32;
    union { unsigned char m175[4]; signed char m176; };
    union { unsigned char m177; unsigned long m178; unsigned char m179[3]; };
    char m180;
    struct { int : 0; };
    union { struct { unsigned char m182[8]; char m183; }; long long m184; unsigned __int128 m185; } m181;
    struct { struct s4 m186; struct s12 m187[2]; enum plain m188[2] __attribute__((aligned(8))); };
};
struct s20 v20 = {.m174 = P0, .m176 = 78U, .m178 = 11738462201368479234ULL, .m180 = (-27LL), .m181 = {.m182 = {47, 141, 127, 202, 134, 31, 11, 153}, .m183 = 56U}, .m186 = {.m17 = 323463028U, .m18 = {172, 191, 222}, .m22 = {73, 174, 20, 168, 53, 253, 199}, .m23 = (-2LL), .m24 = P1, .m25 = {52396U, 43810U, 56192U}, .m26 = (__int128)(((unsigned __int128)14516045406721849139ULL << 64) | 17610297005555516298ULL), .m28 = (-1993LL), .m29 = 1}, .m187 = {{.m101 = {"X/", ""}, .m102 = 15001949274435852036ULL, .m103 = {172, 22, 182}, .m106 = 18352U}, {.m101 = {"", "-b"}, .m102 = 13952313298395415897ULL, .m103 = {212, 114, 156}, .m105 = (__int128)(((unsigned __int128)6569797176627381481ULL << 64) | 11061319553916290870ULL)}}, .m188 = {P0, P0}};

struct s21 {
    struct s16 m189;
    void * m190;
    _Bool m191;
    union { unsigned char m192[6]; unsigned long long m193; };
} __attribute__((packed));
struct s21 v21 = {.m189 = {.m142 = {.m143 = (long long)11481564480323052195ULL}, .m146 = (long long)18404406995208789582ULL, .m147 = {255, 55, 57}}, .m190 = (void *)2028725616076221068ULL, .m191 = 1, .m192 = {83, 192, 99, 197, 248, 127}};

struct s22 {
    enum plain m194 : 32;
    struct s3 m195;
    struct s19 m196[2];
    _Bool m197;
    struct s11 m198[2];
} __attribute__((aligned(16)));
struct s22 v22 = {.m194 = P0, .m195 = {.m14 = 7750871977005151148ULL, .m15 = {B0}, .m16 = 1}, .m196 = {{.m165 = (long long)17628333730002524946ULL, .m166 = {"cXXcXc.ecY/Y.eXdX/ca", "XXYb.b-fcXYecXfa/Z", "baYZX.c../X-aedYf/e"}, .m167 = 168U, .m168 = 0, .m170 = 37U, .m172 = P1, .m173 = 1}, {.m165 = 73765041134860882ULL, .m166 = {"e.cZXeY-feY/X-", "Zd.", "ZZ-/f/ZYf"}, .m167 = 248U, .m168 = 0, .m170 = 163U, .m172 = P2, .m173 = 1}}, .m197 = 0, .m198 = {{.m89 = 0, .m90 = (long long)18446689410153231387ULL, .m91 = 690984U, .m92 = 92.375, .m93 = 1, .m94 = "Y", .m95 = 106.500, .m96 = P2, .m97 = {{.m66 = P1, .m67 = (long long)18442341528226648760ULL, .m68 = 2U, .m69 = 3410404535740354899ULL, .m71 = B0, .m72 = 102U, .m73 = 119149697428268ULL, .m74 = -70.375, .m75 = "ZZdfa"}}, .m98 = "-X", .m99 = -76.875, .m100 = B0}, {.m89 = 0, .m90 = 47402163079502ULL, .m91 = 759299U, .m92 = 56.750, .m93 = 0, .m94 = "b.", .m95 = -48.375, .m96 = P0, .m97 = {{.m66 = P1, .m67 = 4215321989628902ULL, .m68 = 0U, .m70 = (long long)18010758919461604679ULL, .m71 = B0, .m72 = 109U, .m73 = 1104563527608299ULL, .m74 = 68.000, .m75 = "XXfY"}}, .m98 = "X/e-Ycf", .m99 = -49.250, .m100 = B1}}};

struct s23 {
    enum plain m199 : 32;
    _Bool m200;
    unsigned short m201[1] __attribute__((aligned(8)));
};
struct s23 v23 = {.m199 = P0, .m200 = 0, .m201 = {32957U}};

struct s24 {
    signed char m202 : 8;
    void * m203;
    enum below m204 : 32;
    struct s13 m205[2] __attribute__((aligned(8)));
    union { long m206; unsigned long m207; unsigned long m208; };
    unsigned char m209 : 5;
    struct s1 m210[3] __attribute__((aligned(8)));
    _Bool m211 : 1;
    struct s14 m212[1];
    char m213[11];
};
struct s24 v24 = {.m202 = (-34LL), .m203 = (void *)4443208079844374978ULL, .m204 = B1, .m205 = {{.m108 = -23.750, .m109 = 1, .m110 = 0U, .m111 = {{.m101 = {"", ""}, .m102 = 6239840278365557390ULL, .m103 = {253, 44, 223}, .m107 = {17, 38, 246, 242, 84, 147}}}, .m112 = 0}, {.m108 = 117.875, .m109 = 1, .m110 = (-2LL), .m111 = {{.m101 = {"X", "c"}, .m104 = (long long)11550702242198768975ULL, .m107 = {171, 65, 100, 124, 182, 88}}}, .m112 = 0}}, .m207 = 13785157427414435798ULL, .m209 = 1U, .m210 = {{.m4 = B1, .m5 = W0, .m6 = 1U}, {.m4 = B0, .m5 = W1, .m6 = 0U}, {.m4 = B0, .m5 = W0, .m6 = 1U}}, .m211 = 1, .m212 = {{.m113 = (void *)17679516051231227797ULL, .m114 = {W1, W1}, .m115 = ".b/bf", .m116 = 0U, .m117 = {{22, 90}, {65, 154}}, .m118 = -24.375, .m119 = {804026383096729411ULL, 3834894417952036136ULL}, .m120 = (-3741LL), .m121 = 0, .m122 = (void *)12435943631284536550ULL}}, .m213 = "..ZeZb//X--"};

struct s25 {
    double m214;
    unsigned int m215;
    short m216 : 11;
    unsigned short m217 : 11;
    union { struct { short m218; long m219; }; unsigned char m220[5]; };
    struct s10 m221[1];
    void * m222;
    struct s3 m223[2];
    union { unsigned long long m224; unsigned int m225; };
    signed char m226 : 6;
};
struct s25 v25 = {.m214 = -17.750, .m215 = 2227038314U, .m216 = (-431LL), .m217 = 811U, .m218 = (-7694LL), .m219 = 6941588553226848482ULL, .m221 = {{.m83 = {.m4 = B0, .m5 = W0, .m6 = 1U}, .m84 = 26175U, .m85 = (long long)18446739729640829073ULL, .m86 = {.m88 = {74, 242, 59}}}}, .m222 = (void *)8016759572313451774ULL, .m223 = {{.m13 = 8827224168638452013ULL, .m15 = {B1}, .m16 = 0}, {.m14 = 9826590455144289676ULL, .m15 = {B0}, .m16 = 1}}, .m224 = 2556044696989233199ULL, .m226 = 17U};

struct s26 {
    unsigned short m227 : 12;
    union { unsigned short m229; struct { unsigned long long m230; unsigned long m231; }; struct { unsigned __int128 m232; long long m233; }; } m228;
    signed char m234 __attribute__((aligned(8)));
    long m235 : 53;
    unsigned int m236 : 20;
    union { struct { unsigned long long m237; unsigned int m238; }; __int128 m239; short m240; };
    void * m241 __attribute__((aligned(8)));
    struct { struct { enum tiny m242 __attribute__((aligned(8))); }; char m243 : 7; };
    union { unsigned char m244[4]; unsigned char m245[8]; };
};
struct s26 v26 = {.m227 = 2314U, .m228 = {.m230 = 14579982788300795356ULL, .m231 = 13192361856268372378ULL}, .m234 = (-93LL), .m235 = (long long)18442324352322638731ULL, .m236 = 624028U, .m237 = 1849672281826818770ULL, .m238 = 1815095214U, .m241 = (void *)13079807396434343613ULL, .m242 = T0, .m243 = (-2LL), .m245 = {248, 21, 168, 153, 102, 150, 5, 142}};

struct s27 {
    union { unsigned int m246; struct { unsigned char m247[4]; char m248; }; };
    _Bool m249 : 1;
    union { struct { unsigned int m250; unsigned char m251; }; struct { long m252; long m253; }; };
    enum wide m254;
    struct { int : 5; struct { int m255; int : 0; char m256[5]; }; struct { unsigned long long m257[2]; __int128 m258[1]; void * m259 __attribute__((aligned(8))); }; };
};
struct s27 v27 = {.m246 = 453811808U, .m249 = 0, .m250 = 1818965613U, .m251 = 209U, .m254 = W0, .m255 = (-1014507548LL), .m256 = "e.Ye", .m257 = {3421092057555237741ULL, 129701801296388345ULL}, .m258 = {(__int128)(((unsigned __int128)3762226475757189599ULL << 64) | 17467980458256872895ULL)}, .m259 = (void *)7284014169547094723ULL};

struct s28 {
    unsigned char m260[3];
    double m261;
    void * m262;
    signed char m263 : 4;
    _Bool m264 : 1;
    unsigned long long : 3;
    int : 0;
    struct { unsigned long long m265[2]; enum plain m266; struct { void * m267 __attribute__((aligned(8))); signed char m268 : 3; }; };
    unsigned long long m269 : 26;
    unsigned short m270 : 2;
};
struct s28 v28 = {.m260 = {152, 209, 76}, .m261 = 120.000, .m262 = (void *)13237955701444590901ULL, .m263 = 2U, .m264 = 1, .m265 = {13579144729640441513ULL, 11348117059089101470ULL}, .m266 = P1, .m267 = (void *)7091198772442049162ULL, .m268 = (-1LL), .m269 = 10196258U, .m270 = 1U};

struct s29 {
    unsigned char m271;
    union { unsigned short m272; struct { long m273; unsigned char m274[8]; }; unsigned long long m275; };
    struct { unsigned char m276[4] __attribute__((aligned(8))); };
    unsigned short m277 : 7;
    char m278[8] __attribute__((aligned(8)));
    struct s23 m279;
    void * m280;
    _Bool m281;
    char m282[18];
    enum below m283 : 32;
};
struct s29 v29 = {.m271 = 65U, .m272 = 27387U, .m276 = {173, 21, 0, 87}, .m277 = 23U, .m278 = "Xcef", .m279 = {.m199 = P0, .m200 = 0, .m201 = {8556U}}, .m280 = (void *)9833430535845915077ULL, .m281 = 1, .m282 = "fY/--fa", .m283 = B0};

struct s30 {
    enum below m284;
    union { __int128 m285; short m286; };
} __attribute__((aligned(16)));
struct s30 v30 = {.m284 = B1, .m286 = (-23252LL)};

struct s31 {
    unsigned int m287 : 24;
    char m288[3][13] __attribute__((aligned(8)));
    struct { struct { short m289; unsigned char m290[3][3] __attribute__((aligned(8))); _Bool m291; }; unsigned long m292 : 55; };
};
struct s31 v31 = {.m287 = 866369U, .m288 = {"efcba.a", "baf-Z-c-/a-", "fXadY/.c"}, .m289 = 15562U, .m290 = {{59, 229, 88}, {248, 21, 219}, {149, 192, 183}}, .m291 = 1, .m292 = 10998305811746303ULL};

struct s32 {
    struct { unsigned char m293[7]; enum below m294 : 32; struct s2 m295[1]; };
    union { char m296; unsigned char m297[7]; unsigned long long m298; };
    int m299 : 4;
    int m300 : 30;
    int : 0;
    enum plain m301 : 32;
    unsigned long long : 3;
};
struct s32 v32 = {.m293 = {85, 37, 37, 112, 33, 255, 31}, .m294 = B1, .m295 = {{.m7 = 120.500, .m8 = (-1429LL), .m9 = (-45579LL), .m10 = {.m0 = W1, .m1 = 0, .m2 = 15U, .m3 = (-6LL)}, .m11 = P0, .m12 = {.m4 = B0, .m5 = W0, .m6 = 1U}}}, .m298 = 13463683621403618091ULL, .m299 = 6U, .m300 = 447975172U, .m301 = P2};

struct s33 {
    char m302[9];
    unsigned char m303[9];
    union { struct { signed char m305; unsigned char m306[3]; }; struct { unsigned char m307[2]; unsigned long long m308; }; unsigned __int128 m309; } m304;
    long long m310 : 45;
    struct s4 m311[2] __attribute__((aligned(8)));
    enum plain m312 : 32;
} __attribute__((packed));
struct s33 v33 = {.m302 = "X/d", .m303 = {108, 59, 40, 3, 98, 18, 94, 196, 91}, .m304 = {.m307 = {252, 89}, .m308 = 83362129242087497ULL}, .m310 = (long long)18446736207661049294ULL, .m311 = {{.m20 = 6940670119039686079ULL, .m21 = {72, 75, 1, 46, 50, 138, 65, 147}, .m22 = {28, 30, 228, 225, 242, 50, 214}, .m23 = 2U, .m24 = P2, .m25 = {1367U, 43065U, 9008U}, .m26 = (__int128)(((unsigned __int128)3261780802658987248ULL << 64) | 9836974923990507303ULL), .m28 = (-719LL), .m29 = 0}, {.m17 = (-1732687775LL), .m18 = {146, 160, 115}, .m22 = {167, 60, 87, 166, 236, 235, 234}, .m23 = (-4LL), .m24 = P2, .m25 = {53501U, 23556U, 39429U}, .m26 = (__int128)(((unsigned __int128)10925051299811387690ULL << 64) | 5785649700827787931ULL), .m28 = 431U, .m29 = 0}}, .m312 = P2};

struct s34 {
    _Bool m313;
    union { unsigned char m314; struct { short m315; unsigned char m316; }; };
    union { struct { unsigned __int128 m317; char m318; }; long m319; unsigned char m320[2]; };
    float m321;
    unsigned char m322 : 3;
} __attribute__((aligned(16)));
struct s34 v34 = {.m313 = 0, .m314 = 36U, .m319 = 1655564716394482165ULL, .m321 = 107.375, .m322 = 7U};

struct s35 {
    struct { struct { void * m323; }; int m324 : 24; };
    _Bool m325 : 1;
    char m326[3];
} __attribute__((aligned(16)));
struct s35 v35 = {.m323 = (void *)13302206462897104351ULL, .m324 = (-1859302LL), .m325 = 0, .m326 = "ZZ/"};

struct s36 {
    enum wide m327 __attribute__((aligned(8)));
    struct { void * m328; signed char m329 : 8; float m330; };
    void * m331 __attribute__((aligned(8)));
    struct s17 m332[3];
    enum below m333 : 32;
    void * m334 __attribute__((aligned(8)));
};
struct s36 v36 = {.m327 = W1, .m328 = (void *)8659278253352755646ULL, .m329 = (-27LL), .m330 = 12.250, .m331 = (void *)2866344579060888370ULL, .m332 = {{.m148 = 79.875, .m149 = {84, 46, 32}, .m150 = 73U, .m151 = 54092U, .m152 = {.m154 = (-109LL)}, .m156 = {.m101 = {"d", ""}, .m102 = 9371583914678873908ULL, .m103 = {88, 124, 86}, .m105 = (__int128)(((unsigned __int128)14089021363800517867ULL << 64) | 5096133128888236397ULL)}, .m157 = (void *)11782452159250379638ULL}, {.m148 = 76.125, .m149 = {101, 0, 158}, .m150 = 118U, .m151 = 534U, .m152 = {.m155 = {82, 131, 3, 80, 238, 146, 228, 64}}, .m156 = {.m101 = {"", ""}, .m102 = 5962011169524516317ULL, .m103 = {9, 209, 214}, .m105 = (__int128)(((unsigned __int128)5971038209671025881ULL << 64) | 3293760294158755706ULL)}, .m157 = (void *)5999652808414476759ULL}, {.m148 = 125.000, .m149 = {254, 193, 209}, .m150 = 16U, .m151 = 49948U, .m152 = {.m153 = 4520746079422945705ULL}, .m156 = {.m101 = {"ec", "fZ"}, .m104 = (long long)16340875193648281647ULL, .m107 = {223, 25, 228, 18, 25, 97}}, .m157 = (void *)2099193827716208871ULL}}, .m333 = B1, .m334 = (void *)4338144596461808402ULL};

struct s37 {
    struct s0 m335 __attribute__((aligned(8)));
    _Bool m336 : 1;
    char m337[15];
    unsigned long long : 3;
    _Bool m338 : 1;
    struct { struct s31 m339; char m340[7]; };
    union { unsigned long m341; unsigned long long m342; };
    float m343 __attribute__((aligned(8)));
    enum tiny m344;
} __attribute__((aligned(16)));
struct s37 v37 = {.m335 = {.m0 = W1, .m1 = 0, .m2 = 60U, .m3 = (-5LL)}, .m336 = 0, .m337 = "-XZ/dYb-", .m338 = 1, .m339 = {.m287 = 10302947U, .m288 = {"e.Y/Z/", "bb-e", "-cYXc"}, .m289 = (-1851LL), .m290 = {{238, 40, 254}, {8, 37, 47}, {193, 186, 234}}, .m291 = 0, .m292 = 5441047280347441ULL}, .m340 = "Xbed", .m342 = 6008095567988764041ULL, .m343 = -12.875, .m344 = T1};

struct s38 {
    union { struct { signed char m345; __int128 m346; }; unsigned long long m347; unsigned __int128 m348; };
    _Bool m349 : 1;
    _Bool m350 : 1;
    struct { union { unsigned __int128 m351; unsigned char m352[6]; long long m353; }; };
    unsigned long long m354 : 54;
    unsigned char m355[2][8];
    char m356 : 1;
    enum tiny m357;
} __attribute__((aligned(16)));
struct s38 v38 = {.m347 = 349615623522768742ULL, .m349 = 0, .m350 = 0, .m352 = {31, 24, 17, 120, 14, 225}, .m354 = 3457598605409707ULL, .m355 = {{71, 216, 93, 66, 60, 122, 80, 187}, {203, 248, 190, 83, 89, 243, 91, 62}}, .m356 = (-1LL), .m357 = T0};

struct s39 {
    _Bool m358 : 1;
    _Bool m359 : 1;
    long long m360 : 54;
    void * m361;
    union { unsigned char m362[7]; unsigned long m363; unsigned long m364; };
    union { unsigned char m365; struct { signed char m366; int m367; }; };
    struct { unsigned char m368[1][8]; unsigned char m369 : 6; };
    enum below m370 : 32;
};
struct s39 v39 = {.m358 = 0, .m359 = 1, .m360 = (long long)18442712510175292730ULL, .m361 = (void *)14661138811355970328ULL, .m364 = 10912618914458545927ULL, .m365 = 84U, .m368 = {{16, 162, 0, 208, 214, 250, 237, 2}}, .m369 = 21U, .m370 = B0};

struct s40 {
    long long m371 : 26;
    unsigned char m372[2][9];
};
struct s40 v40 = {.m371 = 18650262U, .m372 = {{219, 77, 14, 189, 47, 227, 174, 113, 80}, {118, 84, 100, 42, 31, 50, 51, 176, 73}}};

struct s41 {
    struct s1 m373;
    long m374 __attribute__((aligned(8)));
    void * m375;
    void * m376;
    long long m377 : 55;
    unsigned short m378 : 6;
};
struct s41 v41 = {.m373 = {.m4 = B0, .m5 = W1, .m6 = 0U}, .m374 = 6716459337583175115ULL, .m375 = (void *)2447582968764218984ULL, .m376 = (void *)12425006850998666616ULL, .m377 = 9652434092946048ULL, .m378 = 49U};

struct s42 {
    struct { _Bool m379; union { unsigned char m380[2]; struct { unsigned char m381; unsigned long m382; }; unsigned short m383; }; int m384 : 21; };
    struct { short m385 : 5; };
    struct { char m386[2][13]; };
    __int128 m387[2];
    _Bool m388 : 1;
} __attribute__((aligned(16)));
struct s42 v42 = {.m379 = 1, .m381 = 16U, .m382 = 8059059183376398624ULL, .m384 = (-855177LL), .m385 = 6U, .m386 = {"XdYXfYd-", "ZdabYbb."}, .m387 = {(__int128)(((unsigned __int128)8360727106671295083ULL << 64) | 8181741765880573955ULL), (__int128)(((unsigned __int128)43112903755717139ULL << 64) | 15704078776124003666ULL)}, .m388 = 0};

struct s43 {
    struct { __int128 m389; union { unsigned long long m390; unsigned char m391[3]; long long m392; }; };
    unsigned int m393 : 18;
    enum plain m394 __attribute__((aligned(8)));
    union { struct { int m395; short m396; }; long long m397; };
    short m398 : 11;
    struct s35 m399;
};
struct s43 v43 = {.m389 = (__int128)(((unsigned __int128)2353401933312124426ULL << 64) | 11131684867257779404ULL), .m391 = {180, 214, 64}, .m393 = 9451U, .m394 = P2, .m397 = (long long)13144171725332272424ULL, .m398 = 967U, .m399 = {.m323 = (void *)7634585356483609074ULL, .m324 = 7535471U, .m325 = 0, .m326 = "/fa"}};

struct s44 {
    unsigned long long : 3;
    unsigned char m400 : 6;
    struct { struct s32 m401[1] __attribute__((aligned(8))); unsigned int m402; };
    union { unsigned int m403; __int128 m404; };
    unsigned long long : 3;
    char m405 : 1;
    signed char m406 : 6;
    _Bool m407;
    _Bool m408;
} __attribute__((aligned(16)));
struct s44 v44 = {.m400 = 22U, .m401 = {{.m293 = {161, 192, 39, 164, 69, 25, 233}, .m294 = B0, .m295 = {{.m7 = -39.750, .m8 = 25951U, .m9 = (-7615LL), .m10 = {.m0 = W0, .m1 = 0, .m2 = (-33LL), .m3 = (-10LL)}, .m11 = P2, .m12 = {.m4 = B1, .m5 = W1, .m6 = 1U}}}, .m298 = 18062316839993757637ULL, .m299 = 1U, .m300 = 379228594U, .m301 = P1}}, .m402 = 952030898U, .m403 = 715846469U, .m405 = (-1LL), .m406 = 17U, .m407 = 1, .m408 = 1};

struct s45 {
    struct s37 m409;
    struct s42 m410;
    struct { enum plain m411 : 32; unsigned long m412 : 61; };
    char m413 : 8;
    int m414 : 18;
    double m415;
    _Bool m416 : 1;
};
struct s45 v45 = {.m409 = {.m335 = {.m0 = W0, .m1 = 0, .m2 = (-36LL), .m3 = (-4LL)}, .m336 = 0, .m337 = "Za.--.-.X/YXee/", .m338 = 1, .m339 = {.m287 = 4969438U, .m288 = {"e/.YYc/.aaca", "-Zbffcb./XX-b", "eaf/X"}, .m289 = (-9671LL), .m290 = {{18, 25, 157}, {88, 164, 67}, {119, 94, 91}}, .m291 = 1, .m292 = 32813840504148814ULL}, .m340 = "XX/dZ", .m341 = 18184671682412821343ULL, .m343 = -62.875, .m344 = T1}, .m410 = {.m379 = 1, .m381 = 227U, .m382 = 16368283620397147073ULL, .m384 = 779768U, .m385 = 4U, .m386 = {"bZff/-XbecX", ""}, .m387 = {(__int128)(((unsigned __int128)10552142894673115269ULL << 64) | 10964347820596065427ULL), (__int128)(((unsigned __int128)14535186451534465384ULL << 64) | 2684738615941722516ULL)}, .m388 = 0}, .m411 = P2, .m412 = 2224376992409098961ULL, .m413 = 53U, .m414 = (-100440LL), .m415 = -50.250, .m416 = 0};

struct s46 {
    double m417 __attribute__((aligned(8)));
    double m418;
    enum plain m419 __attribute__((aligned(8)));
    unsigned char m420[4] __attribute__((aligned(8)));
} __attribute__((aligned(16)));
struct s46 v46 = {.m417 = 61.375, .m418 = 102.125, .m419 = P2, .m420 = {26, 106, 223, 168}};

struct s47 {
    _Bool m421;
    union { struct { long m422; __int128 m423; }; short m424; };
    unsigned short m425 : 11;
    struct { short m426 : 11; };
    struct s4 m427[1];
    union { unsigned short m428; unsigned int m429; struct { unsigned int m430; int m431; }; };
    char m432[1][16];
    unsigned short m433 : 4;
    char m434[13];
    struct s38 m435[1];
};
struct s47 v47 = {.m421 = 1, .m422 = (long long)14305397245400324845ULL, .m423 = (__int128)(((unsigned __int128)13574688961883913045ULL << 64) | 6677917987621361353ULL), .m425 = 1257U, .m426 = (-441LL), .m427 = {{.m20 = 10189374186554196491ULL, .m21 = {58, 27, 33, 11, 87, 253, 43, 216}, .m22 = {136, 66, 2, 37, 152, 186, 238}, .m23 = (-2LL), .m24 = P2, .m25 = {58711U, 29792U, 32314U}, .m26 = (__int128)(((unsigned __int128)15961880719037420565ULL << 64) | 8630557435395678749ULL), .m28 = 536U, .m29 = 1}}, .m429 = 681059512U, .m432 = {"YZfZZbYZdZ"}, .m433 = 10U, .m434 = "", .m435 = {{.m348 = (__int128)(((unsigned __int128)14529357984042297033ULL << 64) | 5059032231119492200ULL), .m349 = 0, .m350 = 0, .m352 = {246, 86, 203, 70, 215, 230}, .m354 = 3587890504181035ULL, .m355 = {{186, 177, 213, 89, 211, 130, 255, 25}, {43, 97, 171, 211, 108, 166, 133, 219}}, .m356 = (-1LL), .m357 = T0}}};

struct s48 {
    int : 0;
    void * m436;
    unsigned char m437[3];
};
struct s48 v48 = {.m436 = (void *)17450293631138825926ULL, .m437 = {5, 29, 9}};

struct s49 {
    __int128 m438;
    union { char m440; unsigned long long m441; unsigned long m442; } m439;
    unsigned char m443[5];
    int : 5;
    enum plain m444;
    struct s42 m445;
    union { short m446; char m447; unsigned char m448[6]; };
    union { unsigned char m449[3]; unsigned char m450[4]; };
};
struct s49 v49 = {.m438 = (__int128)(((unsigned __int128)14421085962765356750ULL << 64) | 13930029609464653128ULL), .m439 = {.m442 = 9705284538316285871ULL}, .m443 = {7, 195, 115, 172, 81}, .m444 = P1, .m445 = {.m379 = 1, .m383 = 12949U, .m384 = 973505U, .m385 = 6U, .m386 = {"fc//-", "d.fe-ad"}, .m387 = {(__int128)(((unsigned __int128)13776845531997399971ULL << 64) | 4889470485565529081ULL), (__int128)(((unsigned __int128)18136827398167659383ULL << 64) | 2813411704147271395ULL)}, .m388 = 0}, .m448 = {63, 22, 249, 252, 35, 184}, .m449 = {194, 176, 138}};

struct s50 {
    unsigned int m451 : 32;
    union { unsigned char m453[3]; long m454; char m455; } m452;
    union { unsigned char m456[1]; unsigned long m457; };
    struct s38 m458 __attribute__((aligned(8)));
    void * m459;
    enum plain m460 : 32;
    char m461[5] __attribute__((aligned(8)));
    char m462[3][8] __attribute__((aligned(8)));
    unsigned long long : 3;
    struct { unsigned char m463[8]; };
};
struct s50 v50 = {.m451 = 3246657146U, .m452 = {.m455 = (-15LL)}, .m457 = 8753243259280123020ULL, .m458 = {.m348 = (__int128)(((unsigned __int128)17161828639626964690ULL << 64) | 3985295877488634600ULL), .m349 = 0, .m350 = 0, .m352 = {25, 86, 134, 187, 143, 182}, .m354 = 5832012386311372ULL, .m355 = {{187, 188, 39, 86, 116, 120, 223, 191}, {5, 215, 109, 39, 180, 224, 13, 181}}, .m356 = (-1LL), .m357 = T0}, .m459 = (void *)14291716962916183237ULL, .m460 = P1, .m461 = "", .m462 = {"", "", "e"}, .m463 = {5, 189, 206, 131, 100, 204, 0, 18}};

struct s51 {
    union { unsigned int m464; unsigned int m465; char m466; };
    unsigned short m467 : 16;
    struct s29 m468 __attribute__((aligned(8)));
} __attribute__((aligned(16)));
struct s51 v51 = {.m465 = 977086742U, .m467 = 2186U, .m468 = {.m271 = 76U, .m275 = 13653196001399738091ULL, .m276 = {10, 221, 140, 251}, .m277 = 7U, .m278 = "", .m279 = {.m199 = P0, .m200 = 1, .m201 = {11752U}}, .m280 = (void *)17436508096403002918ULL, .m281 = 1, .m282 = "YbaYfbaf", .m283 = B0}};

struct s52 {
    struct { _Bool m469 : 1; };
    enum below m470;
    struct { long m471 : 14; };
    unsigned char m472[2];
    struct { unsigned short m473 : 10; char m474[10]; void * m475; };
};
struct s52 v52 = {.m469 = 0, .m470 = B1, .m471 = (-1090LL), .m472 = {81, 130}, .m473 = 342U, .m474 = "Z.Yb", .m475 = (void *)17020015471707146732ULL};

struct s53 {
    struct { enum plain m476[1] __attribute__((aligned(8))); };
    union { struct { unsigned long long m477; long m478; }; signed char m479; };
    union { short m480; char m481; __int128 m482; };
    _Bool m483 : 1;
    unsigned short m484 : 8;
};
struct s53 v53 = {.m476 = {P2}, .m477 = 2213894702878381736ULL, .m478 = (long long)10657006260069702413ULL, .m481 = 42U, .m483 = 1, .m484 = 153U};

struct s54 {
    union { signed char m486; int m487; unsigned char m488[2]; } m485;
    unsigned short m489 : 6;
};
struct s54 v54 = {.m485 = {.m486 = (-55LL)}, .m489 = 29U};

struct s55 {
    enum plain m490 : 32;
    unsigned long m491 : 35;
    union { unsigned char m492; unsigned char m493; };
    _Bool m494 __attribute__((aligned(8)));
    unsigned char m495 : 1;
    _Bool m496 : 1;
    unsigned int m497;
    unsigned char m498[3];
} __attribute__((aligned(16)));
struct s55 v55 = {.m490 = P1, .m491 = 15416741027ULL, .m492 = 130U, .m494 = 1, .m495 = 0U, .m496 = 1, .m497 = 3339722496U, .m498 = {172, 196, 7}};

struct s56 {
    union { unsigned char m500[7]; unsigned char m501[3]; } m499;
    char m502[18];
    float m503;
    _Bool m504;
    void * m505;
    unsigned long long m506 : 49;
    struct s4 m507;
    float m508 __attribute__((aligned(8)));
};
struct s56 v56 = {.m499 = {.m500 = {107, 85, 234, 9, 134, 0, 104}}, .m502 = "abfY/.-.dfde.Zf", .m503 = 117.250, .m504 = 1, .m505 = (void *)16908434934236635181ULL, .m506 = 464456475958169ULL, .m507 = {.m19 = {162, 200, 153, 35, 163, 11}, .m22 = {225, 182, 42, 199, 78, 203, 89}, .m23 = (-1LL), .m24 = P1, .m25 = {7060U, 61910U, 1671U}, .m26 = (__int128)(((unsigned __int128)18381162141771829359ULL << 64) | 14827895094480363967ULL), .m28 = (-1801LL), .m29 = 1}, .m508 = 16.500};

struct s57 {
    union { unsigned long long m509; char m510; };
    _Bool m511 : 1;
    _Bool m512 : 1;
    unsigned char m513[2];
    enum below m514 : 32;
    unsigned char m515[2];
    int : 5;
};
struct s57 v57 = {.m509 = 13664168869556052900ULL, .m511 = 0, .m512 = 0, .m513 = {131, 249}, .m514 = B1, .m515 = {96, 36}};

struct s58 {
    _Bool m516 : 1;
    signed char m517 : 8;
    char m518;
    _Bool m519 : 1;
    struct { int : 0; union { unsigned char m521; struct { char m522; short m523; }; unsigned __int128 m524; } m520; };
    struct { unsigned long long : 3; };
    _Bool m525 : 1;
    struct { long long m526 : 8; };
};
struct s58 v58 = {.m516 = 0, .m517 = (-40LL), .m518 = (-113LL), .m519 = 0, .m520 = {.m522 = (-12LL), .m523 = 29877U}, .m525 = 1, .m526 = 48U};

struct s59 {
    unsigned __int128 m527;
    _Bool m528;
};
struct s59 v59 = {.m527 = (__int128)(((unsigned __int128)5945203026476400138ULL << 64) | 8005221709180214315ULL), .m528 = 0};

struct s60 {
    union { unsigned long m529; unsigned char m530[2]; struct { long m531; unsigned __int128 m532; }; };
    unsigned char m533[7];
    void * m534;
    char m535[3][15];
    unsigned long m536 : 11;
    struct s21 m537;
    enum wide m538;
    union { unsigned char m539[8]; struct { unsigned int m540; unsigned char m541[6]; }; short m542; };
    enum plain m543 : 32;
} __attribute__((aligned(16)));
struct s60 v60 = {.m529 = 16026442434935180631ULL, .m533 = {226, 102, 164, 120, 201, 63, 138}, .m534 = (void *)6863321870789034139ULL, .m535 = {"eYZZcYe-", "b", "a/f..Zee.a-Z/Y"}, .m536 = 1190U, .m537 = {.m189 = {.m142 = {.m145 = {1}}, .m146 = (long long)18375250475479323224ULL, .m147 = {189, 169, 54}}, .m190 = (void *)4313596680355256791ULL, .m191 = 1, .m192 = {135, 13, 218, 178, 20, 163}}, .m538 = W0, .m540 = 1083771271U, .m541 = {177, 126, 95, 141, 208, 242}, .m543 = P2};

struct s61 {
    unsigned long long m544 : 12;
    struct { unsigned char m545[1]; };
    enum plain m546 : 32;
} __attribute__((packed));
struct s61 v61 = {.m544 = 86U, .m545 = {39}, .m546 = P2};

struct s62 {
    unsigned char m547[1][3];
    int : 0;
} __attribute__((aligned(16)));
struct s62 v62 = {.m547 = {{82, 92, 249}}};

struct s63 {
    union { signed char m548; long long m549; unsigned char m550[3]; };
    union { long m551; unsigned __int128 m552; unsigned char m553[9]; };
    unsigned char m554[6] __attribute__((aligned(8)));
    __int128 m555;
    struct { _Bool m556; };
    union { long long m558; unsigned int m559; } m557;
    _Bool m560;
    unsigned long m561 : 9;
} __attribute__((packed));
struct s63 v63 = {.m549 = (long long)17503838948416892349ULL, .m553 = {72, 125, 207, 121, 151, 91, 168, 156, 255}, .m554 = {235, 175, 152, 110, 8, 111}, .m555 = (__int128)(((unsigned __int128)17865850906703736482ULL << 64) | 13113906116221116049ULL), .m556 = 1, .m557 = {.m559 = 3903853065U}, .m560 = 1, .m561 = 411U};

struct s64 {
    _Bool m562 : 1;
    unsigned long m563;
    unsigned char m564[5];
    struct { struct { enum tiny m565[2]; }; union { short m567; short m568; unsigned char m569[7]; } m566; unsigned char m570 : 7; };
    unsigned char m571[5];
    enum below m572 : 32;
    struct { struct { unsigned char m573 : 7; int : 0; enum below m574[2]; }; _Bool m575 : 1; };
};
struct s64 v64 = {.m562 = 1, .m563 = 16265647362928017760ULL, .m564 = {123, 223, 178, 129, 176}, .m565 = {T0, T1}, .m566 = {.m569 = {251, 208, 197, 45, 129, 33, 161}}, .m570 = 69U, .m571 = {208, 244, 51, 38, 66}, .m572 = B1, .m573 = 5U, .m574 = {B0, B1}, .m575 = 1};

struct s65 {
    unsigned long long m576 : 21;
    struct { int m577 : 15; signed char m578 : 1; };
} __attribute__((aligned(16)));
struct s65 v65 = {.m576 = 1639737U, .m577 = (-7570LL), .m578 = (-1LL)};

struct s66 {
    unsigned short m579 : 14;
    struct s62 m580[1];
    _Bool m581;
    union { struct { unsigned char m582; unsigned __int128 m583; }; char m584; struct { char m585; unsigned char m586[5]; }; };
};
struct s66 v66 = {.m579 = 5295U, .m580 = {{.m547 = {{47, 172, 36}}}}, .m581 = 1, .m582 = 48U, .m583 = (__int128)(((unsigned __int128)10122836358031198209ULL << 64) | 17842707468817827113ULL)};

struct s67 {
    union { struct { unsigned long long m587; unsigned long long m588; }; unsigned char m589[4]; unsigned char m590[4]; };
    unsigned short m591 : 4;
    unsigned long long m592 : 16;
    unsigned long m593[3];
};
struct s67 v67 = {.m590 = {87, 41, 26, 246}, .m591 = 0U, .m592 = 7635U, .m593 = {15904376129059050381ULL, 2268368573795726689ULL, 17220043329895218352ULL}};

struct s68 {
    struct { signed char m594 : 1; signed char m595 : 2; struct { signed char m596 : 1; char m597[4] __attribute__((aligned(8))); }; };
    unsigned short m598 : 8;
    union { struct { unsigned char m599[5]; unsigned char m600[1]; }; char m601; };
    double m602;
    _Bool m603 : 1;
    union { long long m604; long m605; };
    signed char m606 : 2;
};
struct s68 v68 = {.m594 = (-1LL), .m595 = (-1LL), .m596 = (-1LL), .m597 = "ab.X", .m598 = 119U, .m599 = {127, 30, 183, 82, 37}, .m600 = {205}, .m602 = -99.875, .m603 = 0, .m605 = (long long)9252889992280650598ULL, .m606 = 1U};

struct s69 {
    void * m607;
    union { struct { int m608; char m609; }; struct { unsigned short m610; unsigned char m611[6]; }; };
};
struct s69 v69 = {.m607 = (void *)14567342801761801263ULL, .m610 = 28223U, .m611 = {201, 188, 39, 225, 184, 126}};

struct s70 {
    _Bool m612 : 1;
    unsigned int m613 __attribute__((aligned(8)));
    unsigned long long m614 : 29;
} __attribute__((aligned(16)));
struct s70 v70 = {.m612 = 1, .m613 = 2471127230U, .m614 = 340772145U};

struct s71 {
    struct { enum wide m615; };
    void * m616;
    struct { unsigned long m617 : 10; _Bool m618 __attribute__((aligned(8))); signed char m619; };
    signed char m620 : 6;
    unsigned char m621[6];
    struct s2 m622 __attribute__((aligned(8)));
};
struct s71 v71 = {.m615 = W0, .m616 = (void *)17661786752799368465ULL, .m617 = 283U, .m618 = 0, .m619 = 12U, .m620 = 3U, .m621 = {235, 157, 98, 41, 198, 102}, .m622 = {.m7 = 36.750, .m8 = (-11198LL), .m9 = (-42367LL), .m10 = {.m0 = W0, .m1 = 0, .m2 = (-28LL), .m3 = (-14LL)}, .m11 = P0, .m12 = {.m4 = B0, .m5 = W1, .m6 = 1U}}};

struct s72 {
    _Bool m623;
    char m624[3];
    enum below m625 : 32;
};
struct s72 v72 = {.m623 = 1, .m624 = "Z-", .m625 = B0};

struct s73 {
    union { struct { unsigned long m626; unsigned char m627[1]; }; unsigned char m628[8]; unsigned short m629; };
    struct s8 m630;
    char m631[21];
    union { struct { unsigned char m632[4]; unsigned long long m633; }; unsigned int m634; };
    char m635 : 4;
    char m636 : 3;
    _Bool m637;
};
struct s73 v73 = {.m626 = 6117357550065186519ULL, .m627 = {47}, .m630 = {.m66 = P2, .m67 = 175801708207969ULL, .m68 = 3U, .m69 = 6630351867977366818ULL, .m71 = B1, .m72 = 1U, .m73 = 1062260626304461ULL, .m74 = 75.125, .m75 = ""}, .m631 = "-dY-Y.YXfd", .m634 = 3625684294U, .m635 = 7U, .m636 = (-3LL), .m637 = 0};

struct s74 {
    enum below m638 : 32;
    unsigned long m639;
} __attribute__((packed));
struct s74 v74 = {.m638 = B1, .m639 = 10657376394733434420ULL};

struct s75 {
    long long m640 : 22;
    union { struct { unsigned char m642[6]; long long m643; }; struct { unsigned char m644[5]; char m645; }; unsigned char m646[2]; } m641 __attribute__((aligned(8)));
    unsigned char m647[8];
    _Bool m648 : 1;
    struct s54 m649;
    union { unsigned char m650; struct { unsigned long m651; unsigned char m652[2]; }; };
    unsigned int m653 : 1;
    union { __int128 m654; unsigned char m655[4]; long m656; };
    enum plain m657 __attribute__((aligned(8)));
    float m658;
};
struct s75 v75 = {.m640 = (-674278LL), .m641 = {.m642 = {19, 45, 31, 103, 239, 52}, .m643 = (long long)16101047812772591379ULL}, .m647 = {200, 183, 89, 166, 220, 215, 253, 25}, .m648 = 1, .m649 = {.m485 = {.m486 = (-48LL)}, .m489 = 32U}, .m651 = 848745393407304369ULL, .m652 = {226, 39}, .m653 = 1U, .m654 = (__int128)(((unsigned __int128)13885668996220424677ULL << 64) | 6802576174137967944ULL), .m657 = P0, .m658 = -15.125};

struct s76 {
    unsigned char m659[1];
    enum plain m660 : 32;
    double m661;
};
struct s76 v76 = {.m659 = {71}, .m660 = P1, .m661 = -92.875};

struct s77 {
    void * m662;
    struct s53 m663[1];
    __int128 m664[3] __attribute__((aligned(8)));
};
struct s77 v77 = {.m662 = (void *)2029603460229016596ULL, .m663 = {{.m476 = {P2}, .m479 = (-67LL), .m482 = (__int128)(((unsigned __int128)6018934447445983159ULL << 64) | 1010638452918033925ULL), .m483 = 1, .m484 = 167U}}, .m664 = {(__int128)(((unsigned __int128)15659238175746968406ULL << 64) | 6217472734400814837ULL), (__int128)(((unsigned __int128)5043967132041052754ULL << 64) | 6429178155533877508ULL), (__int128)(((unsigned __int128)16172574089429728776ULL << 64) | 10850287847494076227ULL)}};

struct s78 {
    long long m665 : 36;
    union { unsigned char m666[6]; struct { __int128 m667; long m668; }; unsigned char m669[2]; };
    char m670[1][14] __attribute__((aligned(8)));
    enum plain m671[2];
};
struct s78 v78 = {.m665 = 28871110740ULL, .m667 = (__int128)(((unsigned __int128)6288299970387195012ULL << 64) | 4707607900863706684ULL), .m668 = 5387224364655517857ULL, .m670 = {"ffXdX"}, .m671 = {P1, P1}};

struct s79 {
    unsigned long long : 3;
    union { unsigned char m673[1]; char m674; } m672 __attribute__((aligned(8)));
    struct { unsigned char m675 : 5; union { signed char m676; struct { signed char m677; unsigned char m678[6]; }; }; _Bool m679; };
    struct { struct s57 m680; struct s2 m681[1] __attribute__((aligned(8))); union { int m682; struct { signed char m683; unsigned long long m684; }; }; };
    float m685;
    union { unsigned long m686; unsigned char m687[6]; };
} __attribute__((aligned(16)));
struct s79 v79 = {.m672 = {.m673 = {21}}, .m675 = 16U, .m676 = (-36LL), .m679 = 1, .m680 = {.m510 = 31U, .m511 = 0, .m512 = 0, .m513 = {208, 131}, .m514 = B1, .m515 = {35, 236}}, .m681 = {{.m7 = -75.500, .m8 = (-29017LL), .m9 = 10036U, .m10 = {.m0 = W1, .m1 = 0, .m2 = (-7LL), .m3 = (-9LL)}, .m11 = P2, .m12 = {.m4 = B0, .m5 = W1, .m6 = 0U}}}, .m682 = (-195064239LL), .m685 = -68.875, .m687 = {179, 195, 53, 5, 108, 98}};

char LICENSE[] __attribute__((section("license"), used)) = "GPL";
