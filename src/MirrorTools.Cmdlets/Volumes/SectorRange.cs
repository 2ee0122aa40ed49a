using System.Management.Automation;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Cmdlets.Volumes;

/// <summary>Ranges of volumes are whole sectors of 512 bytes.</summary>
internal static class SectorRange
{
    private const int SectorBytes = 512;

    /// <summary>Refuses a range that is not.</summary>
    /// <exception cref="MirrorApiException"><see cref="ErrorIds.RangeNotAligned"/></exception>
    public static void Check(string volume, long offsetBytes, long lengthBytes)
    {
        if (offsetBytes % SectorBytes != 0 || lengthBytes % SectorBytes != 0)
        {
            throw MirrorApiException.Create(
                ErrorIds.RangeNotAligned,
                $"Offset {offsetBytes} and length {lengthBytes} have to be multiples of {SectorBytes} bytes.",
                $"Begin at {offsetBytes / SectorBytes * SectorBytes}, and take whole sectors of {SectorBytes} bytes.",
                nameof(ErrorCategory.InvalidArgument),
                volume);
        }
    }
}
