using Xunit;

namespace MirrorTools.Contracts.Tests;

public sealed class WireTimeTests
{
    [Fact]
    public void An_instant_is_written_in_utc_with_seven_decimals()
    {
        var instant = new DateTimeOffset(2026, 2, 3, 5, 5, 6, TimeSpan.FromHours(1)).AddTicks(7_890_001);
        Assert.Equal("2026-02-03T04:05:06.7890001Z", WireTime.Write(instant));
        Assert.Equal(instant.ToUniversalTime(), WireTime.Read(WireTime.Write(instant)));
    }

    [Theory]
    [InlineData("2026-02-03T04:05:06Z")]
    [InlineData("2026-02-03T05:05:06+01:00")]
    [InlineData("2026-02-03T04:05:06")]
    public void Instants_of_any_offset_are_read_as_utc(string text)
    {
        Assert.Equal(new DateTimeOffset(2026, 2, 3, 4, 5, 6, TimeSpan.Zero), WireTime.Read(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("soon")]
    public void What_is_no_instant_is_absent(string? text)
    {
        Assert.Null(WireTime.Read(text));
        Assert.Null(WireTime.Write((DateTimeOffset?)null));
    }
}
