using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MirrorTools.Contracts.Client;
using Xunit;

namespace MirrorTools.Contracts.Tests;

/// <summary>
/// The agent writes and reads with System.Text.Json, the cmdlets with DataContractJsonSerializer. Golden files hold both to the same JSON, and hold
/// later versions to what is out there. With GOLDEN=write in the environment missing files are written.
/// </summary>
public sealed class GoldenJsonTests
{
    private static readonly JsonSerializerOptions AgentOptions = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static TheoryData<string> Names => [.. Samples.Contracts.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_ends_write_the_golden_json(string name)
    {
        var type = Find(name);
        var sample = Samples.Make(type);
        var golden = Golden(name, sample);

        AssertSame(golden, JsonNode.Parse(ClientWrite(type, sample)));
        AssertSame(golden, JsonSerializer.SerializeToNode(sample, type, AgentOptions));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Both_ends_read_the_golden_json_and_ignore_members_they_do_not_know(string name)
    {
        var type = Find(name);
        var golden = Golden(name, Samples.Make(type));
        var newer = golden.DeepClone().AsObject();
        newer["aMemberOfALaterVersion"] = new JsonObject { ["deep"] = new JsonArray(1, "two", null) };
        var utf8 = Encoding.UTF8.GetBytes(newer.ToJsonString());

        AssertSame(golden, JsonNode.Parse(ClientWrite(type, ClientRead(type, utf8))));
        AssertSame(golden, JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(utf8, type, AgentOptions), type, AgentOptions));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_empty_object_reads_as_one_whose_texts_and_lists_are_empty_and_not_null(string name)
    {
        var type = Find(name);
        var context = new NullabilityInfoContext();
        foreach (var read in new[] { ClientRead(type, "{}"u8.ToArray()), JsonSerializer.Deserialize("{}", type, AgentOptions)! })
        {
            foreach (var property in type.GetProperties().Where(property => context.Create(property).ReadState == NullabilityState.NotNull))
            {
                Assert.NotNull(property.GetValue(read));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"items\":")]
    [InlineData("{\"number\":\"x\"}")]
    [InlineData("<html>")]
    public void What_is_no_contract_is_a_serialization_error_on_the_clients_side(string text)
    {
        Assert.Throws<System.Runtime.Serialization.SerializationException>(
            () => MirrorJson.Read<MirrorTools.Contracts.Cycles.CycleInfo>(Encoding.UTF8.GetBytes(text)));
    }

    private static Type Find(string name) => Samples.Contracts.Single(type => type.Name == name);

    private static byte[] ClientWrite(Type type, object value) =>
        (byte[])typeof(MirrorJson).GetMethod(nameof(MirrorJson.Write))!.MakeGenericMethod(type).Invoke(null, [value])!;

    private static object ClientRead(Type type, byte[] utf8) =>
        typeof(MirrorJson).GetMethod(nameof(MirrorJson.Read))!.MakeGenericMethod(type).Invoke(null, [utf8])!;

    private static JsonNode Golden(string name, object sample, [CallerFilePath] string here = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(here)!, "Golden", name + ".json");
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("GOLDEN") == "write")
        {
            var indented = new JsonSerializerOptions(AgentOptions) { WriteIndented = true };
            File.WriteAllText(path, JsonSerializer.Serialize(sample, sample.GetType(), indented).ReplaceLineEndings("\n") + "\n");
        }

        return JsonNode.Parse(File.ReadAllText(path))!;
    }

    private static void AssertSame(JsonNode expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(expected, actual), $"expected {expected.ToJsonString()}{Environment.NewLine}but got {actual?.ToJsonString()}");
}
