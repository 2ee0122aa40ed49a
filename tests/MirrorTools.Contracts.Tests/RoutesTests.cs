using System.Reflection;
using MirrorTools.Contracts.Errors;
using Xunit;

namespace MirrorTools.Contracts.Tests;

public sealed class RoutesTests
{
    [Fact]
    public void Values_become_one_escaped_path_segment_each()
    {
        Assert.Equal("/v1/pairs/a%2Fb%20%3F%23/cycles/7", Routes.Fill(Routes.Cycle, "a/b ?#", "7"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(".")]
    [InlineData("..")]
    public void What_would_lead_to_another_route_is_refused(string name)
    {
        var error = Assert.Throws<MirrorApiException>(() => Routes.Fill(Routes.Pair, name));
        Assert.Equal(ErrorIds.InvalidArgument, error.Error.ErrorId);
    }

    [Fact]
    public void Every_route_begins_with_the_version()
    {
        Assert.All(Templates(), route => Assert.StartsWith($"/{Routes.Version}/", route, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_of_the_control_api_names_every_route_error_and_member()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "formats", "control-api.md"));
        Assert.All(Templates(), route => Assert.Contains(route, page, StringComparison.Ordinal));
        Assert.All(Constants(typeof(ErrorIds)), id => Assert.Contains($"| `{id}` |", page, StringComparison.Ordinal));
        foreach (var type in Samples.Contracts.Where(type => type.GetProperties().Length > 0))
        {
            var start = page.IndexOf($"### {type.Name}\n", StringComparison.Ordinal);
            Assert.True(start >= 0, $"{type.Name} is not described.");
            var end = page.IndexOf("\n### ", start + 1, StringComparison.Ordinal);
            var section = end < 0 ? page[start..] : page[start..end];
            Assert.All(type.GetProperties(), property => Assert.Contains($"| `{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}` |", section, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Error_ids_are_their_own_names()
    {
        Assert.All(typeof(ErrorIds).GetFields(), field => Assert.Equal(field.Name, field.GetRawConstantValue()));
    }

    private static IEnumerable<string> Templates() => Constants(typeof(Routes)).Where(value => value.StartsWith('/'));

    private static IEnumerable<string> Constants(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

    private static string RepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "MirrorTools.sln")))
        {
            directory = directory.Parent;
        }

        return directory.FullName;
    }
}
