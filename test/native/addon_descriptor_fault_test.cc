// SPDX-FileCopyrightText: winsock-nsp contributors
// SPDX-License-Identifier: MIT
// Tests of DescriptorFault: which descriptors leave a folder to its administrators.
#include "check.h"
#include "security.h"
#include "text.h"

namespace {

// The fault, or "?" if the text is no descriptor.
std::wstring Fault(const wchar_t* sddl, const wchar_t* also_trusted = nullptr) {
  nsp::UniqueDescriptor descriptor;
  nsp::UniqueSid trusted;
  if (!nsp::ParseDescriptor(sddl, &descriptor).ok()) return L"?";
  if (also_trusted != nullptr && !nsp::ParseSid(also_trusted, &trusted).ok()) return L"?";
  return nsp::DescriptorFault(descriptor.get(), trusted.get());
}

bool Has(const std::wstring& text, const wchar_t* part) {
  return text.find(part) != std::wstring::npos;
}

}  // namespace

TEST(AdministratorsSystemAndInstallerMayDoEverything) {
  CHECK(Fault(L"O:BAD:P(A;OICI;FA;;;BA)(A;OICI;GA;;;SY)").empty());
  CHECK(Fault(L"O:SYD:P(A;OICI;FA;;;BA)").empty());
  CHECK(Fault(L"O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
              L"D:(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)")
            .empty());
}

TEST(OthersMayReadAndRun) {
  CHECK(Fault(L"O:BAD:P(A;OICI;FRFX;;;BU)(A;OICI;GRGX;;;WD)(A;OICI;0x1200a9;;;AC)").empty());
  CHECK(Fault(L"O:BAD:P(A;;0x1200a9;;;S-1-15-2-2)").empty());
}

TEST(AnotherOwnerIsNamed) {
  CHECK(Has(Fault(L"O:BUD:P(A;;FA;;;BA)"), L"S-1-5-32-545 owns it"));
  CHECK(Has(Fault(L"D:P(A;;FA;;;BA)"), L"no owner"));
}

TEST(EveryWritingRightIsNamedWithItsSid) {
  struct {
    const wchar_t* sddl;
    const wchar_t* right;
  } const kRows[] = {
      {L"O:BAD:(A;;0x2;;;BU)", L"S-1-5-32-545 has FILE_WRITE_DATA"},
      {L"O:BAD:(A;;0x4;;;BU)", L"S-1-5-32-545 has FILE_APPEND_DATA"},
      {L"O:BAD:(A;;0x10;;;BU)", L"S-1-5-32-545 has FILE_WRITE_EA"},
      {L"O:BAD:(A;;0x40;;;BU)", L"S-1-5-32-545 has FILE_DELETE_CHILD"},
      {L"O:BAD:(A;;0x100;;;BU)", L"S-1-5-32-545 has FILE_WRITE_ATTRIBUTES"},
      {L"O:BAD:(A;;SD;;;AU)", L"S-1-5-11 has DELETE"},
      {L"O:BAD:(A;;WD;;;AU)", L"S-1-5-11 has WRITE_DAC"},
      {L"O:BAD:(A;;WO;;;AU)", L"S-1-5-11 has WRITE_OWNER"},
      {L"O:BAD:(A;;GW;;;WD)", L"S-1-1-0 has GENERIC_WRITE"},
      {L"O:BAD:(A;;GA;;;WD)", L"S-1-1-0 has GENERIC_ALL"},
  };
  for (const auto& row : kRows)
    CHECK(Fault(row.sddl) == row.right);
}

TEST(EntriesForWhatIsMadeInsideCount) {
  CHECK(Has(Fault(L"O:BAD:(A;OICIIO;GA;;;BU)"), L"S-1-5-32-545 gets GENERIC_ALL"));
  CHECK(Has(Fault(L"O:BAD:(A;OICIIO;GA;;;CG)"), L"S-1-3-1 gets GENERIC_ALL"));
  // It becomes whoever makes the file, and here only the three can.
  CHECK(Fault(L"O:BAD:(A;OICIIO;GA;;;CO)").empty());
}

TEST(DenyingDoesNotMakeAllowingGood) {
  CHECK(Fault(L"O:BAD:(D;;FA;;;BU)(A;;FR;;;BU)").empty());
  CHECK(Has(Fault(L"O:BAD:(D;;FA;;;BU)(A;;FA;;;BU)"), L"S-1-5-32-545"));
}

TEST(NoAccessListIsEverybodys) {
  CHECK(Has(Fault(L"O:BA"), L"S-1-1-0 has GENERIC_ALL"));
  CHECK(Fault(L"O:BAD:").empty());  // an empty list is nobody's
}

TEST(OneMoreSidCanBeTrusted) {
  const wchar_t* sddl = L"O:S-1-5-21-1-2-3-1000D:(A;;FA;;;S-1-5-21-1-2-3-1000)";
  CHECK(!Fault(sddl).empty());
  CHECK(Fault(sddl, L"S-1-5-21-1-2-3-1000").empty());
  CHECK(!Fault(sddl, L"S-1-5-21-1-2-3-1001").empty());
}

TEST(GuidsAreReadAsTheyAreWritten) {
  GUID guid = {};
  const std::wstring text = L"8f6c1d10-5b1e-4c53-9a52-4e53504e0001";
  CHECK(nsp::ParseGuid(text, &guid));
  CHECK_EQUAL(guid.Data1, 0x8f6c1d10);
  CHECK_EQUAL(guid.Data4[7], 1);
  CHECK(nsp::FormatGuid(guid) == text);
  CHECK(!nsp::ParseGuid(L"{8f6c1d10-5b1e-4c53-9a52-4e53504e0001}", &guid));
  CHECK(!nsp::ParseGuid(L"8f6c1d10-5b1e-4c53-9a52-4e53504e000g", &guid));
  CHECK(!nsp::ParseGuid(L"8f6c1d1005b1e-4c53-9a52-4e53504e0001", &guid));
}
